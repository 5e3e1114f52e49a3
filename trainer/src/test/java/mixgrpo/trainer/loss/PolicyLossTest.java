package mixgrpo.trainer.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
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
    void everyChoiceArrives() {
        PolicyLoss guard =
                loss(LossConfig.Objective.GUARD, Weighting.NOISE_AWARE, .5, Reference.GAUSSIAN, OldLogProb.RECOMPUTE);
        PolicyLoss.Reference gaussian = new PolicyLoss.Reference(StepKl.GAUSSIAN, .04);
        assertEquals(new PolicyLoss(new GuardedRatio(3e-4), .5, StepWeights.NOISE_AWARE, Optional.of(gaussian)), guard);
        PolicyLoss trust =
                loss(LossConfig.Objective.TRUST_REGION, Weighting.UNIFORM, 0, Reference.VELOCITY, OldLogProb.RECOMPUTE);
        PolicyLoss.Reference velocity = new PolicyLoss.Reference(StepKl.VELOCITY, .04);
        assertEquals(new PolicyLoss(new TrustRegion(2e-5), 0, StepWeights.UNIFORM, Optional.of(velocity)), trust);
        assertFalse(trust.needsAdvantage());
    }
}
