/**
 * Who closes what: resources that belong together and end together. What they are, and who opens them, is left to the other packages.
 */
package mixgrpo.runtime.lifetime;
