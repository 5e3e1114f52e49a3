/**
 * What files from strangers do to the readers: they give arrays or an error that names the file, and nothing else. Driven by
 * Jazzer; the module's README says how to run it long.
 */
package mixgrpo.models.fuzz;
