/**
 * Single steps as numbers: every kernel and solver is a linear combination of the latent, the velocity, earlier
 * estimates and noise, with the law that turns a deviation from its mean into a log-prob. The same numbers drive a
 * {@code float[]} in the rollout and a tensor under autograd. Which step of a trajectory takes which kernel belongs to
 * {@link mixgrpo.solvers.plan}.
 */
package mixgrpo.solvers.step;
