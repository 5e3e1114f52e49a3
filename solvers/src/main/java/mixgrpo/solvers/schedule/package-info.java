/**
 * Falling noise levels from noise (1) to image (0): how a trajectory's sigmas are spaced, how a part of them is thinned
 * to fewer steps, and which time the network is told. How a step between two of them is taken belongs to {@link
 * mixgrpo.solvers.step}.
 */
package mixgrpo.solvers.schedule;
