/**
 * A folder that has all the program needs, Java among it, for machines on which nothing is installed and from which nothing can be
 * reached: what goes into it, making it, its checksums, and its parts for ways on which files must be small.
 */
package mixgrpo.tools.bundle;
