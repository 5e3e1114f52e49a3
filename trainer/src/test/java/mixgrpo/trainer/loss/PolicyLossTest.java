package mixgrpo.trainer.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import mixgrpo.trainer.config.InvalidConfigException;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.LossConfig.OldLogProb;
import mixgrpo.trainer.config.LossConfig.Reference;
import mixgrpo.trainer.config.LossConfig.Weighting;
import org.junit.jupiter.api.Test;

/** What a configuration's choices become. */
class PolicyLossTest {

    private static PolicyLoss loss(
            LossConfig.Objective objective, Weighting weights, double kl, Reference reference, OldLogProb old) {
        return PolicyLoss.of(new LossConfig(
                objective,
                3e-4,
                2e-5,
                weights,
                LossConfig.Reduction.MEAN,
                old,
                old == OldLogProb.RECOMPUTE ? 2 : 0,
                kl,
                reference,
                .04,
                LossConfig.Aggregation.ADVANTAGE,
                LossConfig.RewardWeights.NORMALISED,
                LossConfig.Scope.GROUP,
                0,
                1e-8,
                5));
    }

    @Test
    void theDefaultIsTheClippedRatioAlone() {
        PolicyLoss loss = loss(LossConfig.Objective.CLIP, Weighting.UNIFORM, 0, Reference.NONE, OldLogProb.ROLLOUT);
        assertEquals(new PolicyLoss(new ClippedRatio(3e-4), 0, StepWeights.UNIFORM, Optional.empty()), loss);
        assertTrue(loss.needsAdvantage());
    }

    @Test
    void importanceWeightsAreTruncatedAndLeaveTheKlAlone() {
        var weights = new ImportanceWeights(1.5);
        assertEquals(Math.exp(.2), weights.of(-.3, -.5), 1e-12);
        assertEquals(Math.exp(-2), weights.of(-2.5, -.5), 1e-12);
        assertEquals(1.5, weights.of(-.3, -5));
        assertEquals(1, ImportanceWeights.NONE.of(-.3, -5));
        var plain = new PolicyLoss(new ClippedRatio(3e-4), 0, StepWeights.UNIFORM, Optional.empty());
        var weighed = new PolicyLoss(new ClippedRatio(3e-4), .5, StepWeights.UNIFORM, Optional.empty(), weights);
        Outcome outcome = new Outcome(.7, -.30001, -.3, Double.NaN);
        LossTerm expected = plain.of(Steps.any(), outcome, -.5);
        LossTerm term = weighed.of(Steps.any(), outcome, -.5);
        assertEquals(Math.exp(.2) * expected.value() + .25 * 1e-10, term.value(), 1e-12);
        assertEquals(Math.exp(.2) * expected.byLogProb() - .5e-5, term.byLogProb(), 1e-10);
    }

    @Test
    void importanceWeightsNeedOldLogProbsOfTheTrainer() {
        String message = assertThrows(
                        InvalidConfigException.class,
                        () -> new LossConfig(
                                LossConfig.Objective.CLIP,
                                3e-4,
                                2e-5,
                                Weighting.UNIFORM,
                                LossConfig.Reduction.MEAN,
                                OldLogProb.ROLLOUT,
                                2,
                                0,
                                Reference.NONE,
                                .04,
                                LossConfig.Aggregation.ADVANTAGE,
                                LossConfig.RewardWeights.NORMALISED,
                                LossConfig.Scope.GROUP,
                                0,
                                1e-8,
                                5))
                .getMessage();
        assertTrue(message.contains("loss.importanceCap: expected 0 for loss.oldLogProb rollout"), message);
    }

    @Test
    void everyChoiceArrives() {
        PolicyLoss guard =
                loss(LossConfig.Objective.GUARD, Weighting.NOISE_AWARE, .5, Reference.GAUSSIAN, OldLogProb.RECOMPUTE);
        PolicyLoss.Reference gaussian = new PolicyLoss.Reference(StepKl.GAUSSIAN, .04);
        assertEquals(
                new PolicyLoss(
                        new GuardedRatio(3e-4),
                        .5,
                        StepWeights.NOISE_AWARE,
                        Optional.of(gaussian),
                        new ImportanceWeights(2)),
                guard);
        PolicyLoss trust =
                loss(LossConfig.Objective.TRUST_REGION, Weighting.UNIFORM, 0, Reference.VELOCITY, OldLogProb.RECOMPUTE);
        PolicyLoss.Reference velocity = new PolicyLoss.Reference(StepKl.VELOCITY, .04);
        assertEquals(
                new PolicyLoss(
                        new TrustRegion(2e-5), 0, StepWeights.UNIFORM, Optional.of(velocity), new ImportanceWeights(2)),
                trust);
        assertFalse(trust.needsAdvantage());
    }
}
