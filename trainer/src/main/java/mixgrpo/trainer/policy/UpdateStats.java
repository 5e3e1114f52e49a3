package mixgrpo.trainer.policy;

/**
 * What the updates of one iteration showed.
 *
 * @param all over every minibatch
 * @param engineDeviation distance of the engine's log-probs from the policy's before its first update, of the images that were asked for
 * @param recomputed whether the old log-probs are the trainer's and not the engine's
 * @param updates made; a minibatch without anything to learn from makes none
 * @param gradientNorm before clipping, mean over the updates
 */
public record UpdateStats(
        GradientStats all, Summary engineDeviation, boolean recomputed, int updates, double gradientNorm) {}
