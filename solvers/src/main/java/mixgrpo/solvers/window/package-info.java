/**
 * Which steps run as SDE in which iteration: every strategy is a pure function of the iteration number (and a seed), so
 * nothing about it needs to be stored in a checkpoint or agreed on between workers.
 */
package mixgrpo.solvers.window;
