/**
 * What a run leaves on disk: its folder, the names in it, and its summary. Who fills it is the loop's business, who reads it the
 * report's.
 */
package mixgrpo.tools.run;
