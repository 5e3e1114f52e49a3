/** Pictures as plain numbers, their PNG files, and captioned grids of them; what they show is left to others. */
package mixgrpo.runtime.image;
