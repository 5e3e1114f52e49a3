package mixgrpo.trainer.config;

/**
 * Advantages and the objective, {@code max(-A ratio, -A clamp(ratio, 1 - clipRange, 1 + clipRange))} by default.
 *
 * @param objective how an advantage and a ratio become a loss
 * @param clipRange for {@code clip} and {@code guard}: largest distance of the ratio from 1 that is still rewarded; log-probs are means
 *     over all elements of a latent, hence its small values. {@code guard} needs another one (2e-6 as published)
 * @param trustRegion for {@code trust-region}: how far the mean of a step may have shifted, {@code mean((mu - muOld)^2) / (2 noiseStd^2)}
 * @param stepWeights how much each step of the window counts
 * @param logProb whether log-probs are averaged or summed over the elements of a latent; {@code clipRange} grows with their number
 * @param oldLogProb where the ratio's denominator comes from
 * @param importanceCap truncated importance weights: where old log-probs are the trainer's, an image counts as the ratio of its
 *     probabilities by trainer and engine, at most as this; 0 for images that all count alike
 * @param klCoefficient the weight of half the squared difference between the new and the old log-prob
 * @param reference the pull towards the weights that the run began with
 * @param referenceCoefficient the weight of that pull; without effect for {@code none}
 * @param aggregation how several rewards become one advantage
 * @param rewardWeights whether the weights of the rewards are scaled to sum 1
 * @param scope what a reward is compared with
 * @param trimmedRatio share of a group's lowest rewards that its mean and deviation leave out
 * @param advantageEpsilon what is added to the standard deviation before advantages are divided by it
 * @param advantageClip advantages are clamped to plus and minus this
 */
public record LossConfig(
        Objective objective,
        double clipRange,
        double trustRegion,
        Weighting stepWeights,
        Reduction logProb,
        OldLogProb oldLogProb,
        double importanceCap,
        double klCoefficient,
        Reference reference,
        double referenceCoefficient,
        Aggregation aggregation,
        RewardWeights rewardWeights,
        Scope scope,
        double trimmedRatio,
        double advantageEpsilon,
        double advantageClip) {

    private static final double DEVIATION_SHARE = .05;

    /** How an advantage and a ratio become a loss. */
    public enum Objective {
        /** The clipped ratio (PPO, arXiv 1707.06347). */
        CLIP,
        /** The ratio alone, left out where the policy's mean has moved too far (Flow-DPPO, arXiv 2606.11025). */
        TRUST_REGION,
        /** The clipped ratio, centred and scaled so that all steps spread alike (GRPO-Guard, arXiv 2510.22319). */
        GUARD
    }

    /** How much each step of the window counts. */
    public enum Weighting {
        UNIFORM,
        /** As the noise that it injects (TempFlow-GRPO, arXiv 2508.04324). */
        NOISE_AWARE
    }

    /** What becomes of the elements of a latent in its log-prob. */
    public enum Reduction {
        MEAN,
        SUM
    }

    /** The pull towards the weights that the run began with. */
    public enum Reference {
        NONE,
        /** By the mean squared difference of velocities. */
        VELOCITY,
        /** By the exact divergence of the Gaussians that a step draws from. */
        GAUSSIAN
    }

    /** What the weights of the rewards mean. */
    public enum RewardWeights {
        /** Scaled to sum 1. */
        NORMALISED,
        /** As they are given: the advantage is the plain weighed sum, as in the paper's formula. */
        GIVEN
    }

    /** What a reward is compared with. */
    public enum Scope {
        /** Mean and standard deviation of its group. */
        GROUP,
        /** Mean of its group, standard deviation of all groups together (Flow-GRPO). */
        GLOBAL_DEVIATION,
        /** Mean and standard deviation of all groups together. */
        GLOBAL
    }

    /** Where the ratio's denominator comes from. */
    public enum OldLogProb {
        /** From the engine that sampled the pictures. */
        ROLLOUT,
        /** From the trainer, computed again before the first update of the iteration. */
        RECOMPUTE,
        /**
         * Before the first update the policy's own. Behind it those of the engine, or, where these differ from the policy's by more than
         * 5 % of the clip range on average, computed again in the trainer. Decided in every iteration at its first update; an engine that
         * sampled with older weights ({@code sync.every}) is always taken at its word.
         */
        AUTO
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
                .positive("loss.trustRegion", trustRegion)
                .expect(
                        objective == Objective.CLIP || oldLogProb == OldLogProb.RECOMPUTE,
                        "loss.oldLogProb",
                        "recompute for loss.objective %s, which looks at the means of the policy that sampled"
                                .formatted(objective == Objective.GUARD ? "guard" : "trust-region"),
                        oldLogProb == OldLogProb.AUTO ? "auto" : "rollout")
                .expect(
                        objective != Objective.GUARD || logProb == Reduction.MEAN,
                        "loss.logProb",
                        "mean for loss.objective guard",
                        "sum")
                .notNegative("loss.importanceCap", importanceCap)
                .expect(
                        importanceCap == 0 || oldLogProb != OldLogProb.ROLLOUT,
                        "loss.importanceCap",
                        "0 for loss.oldLogProb rollout, whose ratio has the engine's probabilities already",
                        importanceCap)
                .positive("loss.referenceCoefficient", referenceCoefficient)
                .expect(
                        trimmedRatio >= 0 && trimmedRatio < 1,
                        "loss.trimmedRatio",
                        "a share from 0 to below 1",
                        trimmedRatio)
                .expect(advantageClip > 0, "loss.advantageClip", "a positive number or infinity", advantageClip)
                .positive("loss.advantageEpsilon", advantageEpsilon)
                .notNegative("loss.klCoefficient", klCoefficient)
                .throwIfAny();
    }

    /** How far the engine's log-probs may lie from the policy's, on average, to be taken for the old ones: 5 % of the clip range. */
    public double deviationLimit() {
        return DEVIATION_SHARE * clipRange;
    }
}
