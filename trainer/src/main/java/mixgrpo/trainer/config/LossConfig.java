package mixgrpo.trainer.config;

/**
 * Advantages and the clipped objective, {@code max(-A ratio, -A clamp(ratio, 1 - clipRange, 1 + clipRange))}.
 *
 * @param clipRange largest distance of the ratio from 1 that is still rewarded; log-probs are means over all elements of a latent,
 *     hence its small values
 * @param advantageClip advantages are clamped to plus and minus this
 * @param advantageEpsilon what is added to a group's standard deviation before advantages are divided by it
 * @param klCoefficient the weight of half the squared difference between the new and the old log-prob
 * @param oldLogProb where the ratio's denominator comes from
 * @param aggregation how several rewards become one advantage
 */
public record LossConfig(
        double clipRange,
        double advantageClip,
        double advantageEpsilon,
        double klCoefficient,
        OldLogProb oldLogProb,
        Aggregation aggregation) {

    /** Where the ratio's denominator comes from. */
    public enum OldLogProb {
        /** From the engine that sampled the pictures. */
        ROLLOUT,
        /** From the trainer, computed again before the first update of the iteration. */
        RECOMPUTE
    }

    /** How several rewards become one advantage. */
    public enum Aggregation {
        /** Each reward is normalised within the group, then the weighted mean is taken. */
        ADVANTAGE,
        /** The weighted mean of the rewards is taken, then normalised within the group. */
        REWARD
    }

    public LossConfig {
        new Faults()
                .positive("loss.clipRange", clipRange)
                .expect(advantageClip > 0, "loss.advantageClip", "a positive number or infinity", advantageClip)
                .positive("loss.advantageEpsilon", advantageEpsilon)
                .notNegative("loss.klCoefficient", klCoefficient)
                .throwIfAny();
    }
}
