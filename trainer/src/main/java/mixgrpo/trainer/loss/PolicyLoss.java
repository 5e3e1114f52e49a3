package mixgrpo.trainer.loss;

import java.util.Objects;
import java.util.Optional;
import mixgrpo.solvers.plan.Step;
import mixgrpo.trainer.config.LossConfig;

/**
 * The whole loss of one image at one step: {@code weight * (importance * objective + klCoefficient * (logProb - oldLogProb)^2 / 2) +
 * reference}.
 *
 * @param objective what the advantage acts through
 * @param klCoefficient of the pull towards the policy that sampled; the published trainer's "KL" (half the squared difference of
 *     averaged log-probs), usually 0
 * @param stepWeights the weight of each step
 * @param reference pull towards a fixed policy, which the step weights leave alone
 * @param importance of an image, where the engine drew it with another probability than the trainer says
 */
public record PolicyLoss(
        Objective objective,
        double klCoefficient,
        StepWeights stepWeights,
        Optional<Reference> reference,
        ImportanceWeights importance) {

    /**
     * Pull towards a fixed policy.
     *
     * @param coefficient of the distance in the loss
     */
    public record Reference(StepKl distance, double coefficient) {
        public Reference {
            Objects.requireNonNull(distance, "distance");
            if (!(coefficient > 0)) {
                throw new IllegalArgumentException(
                        "pull towards the reference: expected a positive coefficient, got " + coefficient);
            }
        }
    }

    public PolicyLoss {
        Objects.requireNonNull(objective, "objective");
        Objects.requireNonNull(stepWeights, "stepWeights");
        Objects.requireNonNull(reference, "reference");
        Objects.requireNonNull(importance, "importance");
        if (!(klCoefficient >= 0)) {
            throw new IllegalArgumentException("loss.klCoefficient: expected 0 or more, got " + klCoefficient);
        }
    }

    /** Without importance weights. */
    public PolicyLoss(
            Objective objective, double klCoefficient, StepWeights stepWeights, Optional<Reference> reference) {
        this(objective, klCoefficient, stepWeights, reference, ImportanceWeights.NONE);
    }

    /** What a configuration asks for. */
    public static PolicyLoss of(LossConfig config) {
        Objective objective =
                switch (config.objective()) {
                    case CLIP -> new ClippedRatio(config.clipRange());
                    case TRUST_REGION -> new TrustRegion(config.trustRegion());
                    case GUARD -> new GuardedRatio(config.clipRange());
                };
        StepWeights weights =
                switch (config.stepWeights()) {
                    case UNIFORM -> StepWeights.UNIFORM;
                    case NOISE_AWARE -> StepWeights.NOISE_AWARE;
                };
        Optional<StepKl> distance =
                switch (config.reference()) {
                    case NONE -> Optional.empty();
                    case VELOCITY -> Optional.of(StepKl.VELOCITY);
                    case GAUSSIAN -> Optional.of(StepKl.GAUSSIAN);
                };
        return new PolicyLoss(
                objective,
                config.klCoefficient(),
                weights,
                distance.map(by -> new Reference(by, config.referenceCoefficient())),
                new ImportanceWeights(config.importanceCap()));
    }

    /**
     * The loss without weight and reference.
     *
     * @param engineLogProb of the step's outcome, as the engine that sampled it said
     */
    public LossTerm of(Step step, Outcome outcome, double engineLogProb) {
        return objective
                .of(step, outcome)
                .times(importance.of(outcome.oldLogProb(), engineLogProb))
                .withKl(klCoefficient, outcome.logProb() - outcome.oldLogProb());
    }

    /** Whether an image with an advantage of 0 has a gradient of exactly 0. */
    public boolean needsAdvantage() {
        return klCoefficient == 0 && reference.isEmpty();
    }
}
