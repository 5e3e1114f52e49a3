/** Processes of this program's own beside this one, for work whose memory must be gone afterwards. */
package mixgrpo.runtime.process;
