package mixgrpo.trainer.policy;

/**
 * What the updates of one iteration showed.
 *
 * @param all over every minibatch
 * @param engineDeviation distance of the engine's log-probs from the policy's before its first update
 * @param updates made; a minibatch without anything to learn from makes none
 * @param gradientNorm before clipping, mean over the updates
 */
public record UpdateStats(GradientStats all, Summary engineDeviation, int updates, double gradientNorm) {}
