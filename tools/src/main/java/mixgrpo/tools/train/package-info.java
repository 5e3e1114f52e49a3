/** A training run from its configuration: the choices become objects, the objects a loop, and what the loop shows becomes files. */
package mixgrpo.tools.train;
