/** Names that people write: how near a wrong one is to those that are known. */
package mixgrpo.runtime.naming;
