package mixgrpo.trainer.policy;

/**
 * What the updates of one iteration showed.
 *
 * @param all over every minibatch
 * @param first of the first minibatch alone, whose log-probs belong to the weights that sampled
 * @param updates made; a minibatch without anything to learn from makes none
 * @param gradientNorm before clipping, mean over the updates
 */
public record UpdateStats(GradientStats all, GradientStats first, int updates, double gradientNorm) {}
