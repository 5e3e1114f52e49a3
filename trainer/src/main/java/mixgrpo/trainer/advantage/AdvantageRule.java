package mixgrpo.trainer.advantage;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.LossConfig.Aggregation;
import mixgrpo.trainer.config.LossConfig.Scope;

/**
 * How rewards become advantages.
 *
 * @param aggregation whether rewards are normalised one by one and then weighed, or weighed and then normalised
 * @param weights of the rewards that are trained, by name
 * @param trimmedRatio share of a group's lowest rewards, in [0, 1), that its mean and deviation leave out; at least two stay
 * @param scope what a reward is compared with
 * @param epsilon added to the standard deviation
 * @param clip advantages are clamped to plus and minus this; may be infinite
 * @param failure what an image counts for that a reward could not score
 * @param arithmetic of the normalisation
 */
public record AdvantageRule(
        Aggregation aggregation,
        Map<String, Double> weights,
        double trimmedRatio,
        Scope scope,
        double epsilon,
        double clip,
        Failure failure,
        Arithmetic arithmetic) {

    /** What an image counts for that a reward could not score. */
    public enum Failure {
        /**
         * Nothing: the others are normalised among themselves, the image's share of this reward is 0. With {@link Aggregation#REWARD}, where
         * the sum lacks a summand, its advantage is 0.
         */
        MASKED,
        /** A reward of 0 that takes part in mean and deviation, and a weighed sum of 0: the published trainer's. */
        ZERO
    }

    /** The arithmetic of the normalisation. */
    public enum Arithmetic {
        /** A group of equal rewards has advantages of exactly 0. */
        DOUBLE,
        /** The published trainer's. The mean of equal rewards may round, and the error, divided by epsilon, becomes an advantage of up to 1. */
        FLOAT32
    }

    public AdvantageRule {
        Objects.requireNonNull(aggregation, "aggregation");
        Objects.requireNonNull(scope, "scope");
        Objects.requireNonNull(failure, "failure");
        Objects.requireNonNull(arithmetic, "arithmetic");
        weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
        if (weights.isEmpty()) {
            throw new IllegalArgumentException("rewards: expected at least one that is trained, got none");
        }
        if (!(trimmedRatio >= 0 && trimmedRatio < 1)) {
            throw new IllegalArgumentException(
                    "loss.trimmedRatio: expected 0 or more and below 1, got " + trimmedRatio);
        }
        if (!(epsilon > 0)) {
            throw new IllegalArgumentException("loss.advantageEpsilon: expected a positive number, got " + epsilon);
        }
        if (!(clip > 0)) {
            throw new IllegalArgumentException("loss.advantageClip: expected a positive number, got " + clip);
        }
    }

    /** What a configuration asks for: failures masked, in double. */
    public static AdvantageRule of(LossConfig config, Map<String, Double> weights) {
        double sum = config.rewardWeights() == LossConfig.RewardWeights.GIVEN
                ? 1
                : weights.values().stream().mapToDouble(Double::doubleValue).sum();
        Map<String, Double> scaled = new LinkedHashMap<>();
        weights.forEach((name, weight) -> scaled.put(name, weight / sum));
        return new AdvantageRule(
                config.aggregation(),
                scaled,
                config.trimmedRatio(),
                config.scope(),
                config.advantageEpsilon(),
                config.advantageClip(),
                Failure.MASKED,
                Arithmetic.DOUBLE);
    }

    public AdvantageRule with(Failure other) {
        return new AdvantageRule(aggregation, weights, trimmedRatio, scope, epsilon, clip, other, arithmetic);
    }

    public AdvantageRule with(Arithmetic other) {
        return new AdvantageRule(aggregation, weights, trimmedRatio, scope, epsilon, clip, failure, other);
    }
}
