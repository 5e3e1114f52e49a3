package mixgrpo.trainer.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import mixgrpo.solvers.plan.Step;
import org.junit.jupiter.api.Test;

class ObjectiveTest {

    private static final List<Objective> OBJECTIVES =
            List.of(new ClippedRatio(.1), new GuardedRatio(.1), new TrustRegion(.05));

    @Test
    void unchangedPolicyHasRatioOne() {
        for (Objective objective : OBJECTIVES) {
            LossTerm term = objective.of(Steps.any(), new Outcome(1.3, -.4, -.4, 0));
            assertEquals(1, term.ratio());
            assertFalse(term.outside() || term.clipped());
            assertTrue(term.byLogProb() < 0, "a good outcome becomes more likely");
        }
    }

    @Test
    void derivativesAreFiniteDifferences() {
        long seed = 4;
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            Step step = Steps.at(random.nextInt(24));
            double advantage = random.nextGaussian();
            double change = .3 * random.nextGaussian();
            double shift = .1 * random.nextDouble();
            for (Objective objective : OBJECTIVES) {
                for (double kl : new double[] {0, .7}) {
                    var loss = new PolicyLoss(objective, kl, StepWeights.UNIFORM, Optional.empty());
                    double h = 1e-6;
                    LossTerm term = loss.of(step, new Outcome(advantage, change, 0, shift), 0);
                    String what = "%s, advantage %s, change %s, shift %s, seed %d"
                            .formatted(objective, advantage, change, shift, seed);
                    double byLogProb = (loss.of(step, new Outcome(advantage, change + h, 0, shift), 0)
                                            .value()
                                    - loss.of(step, new Outcome(advantage, change - h, 0, shift), 0)
                                            .value())
                            / (2 * h);
                    assertEquals(byLogProb, term.byLogProb(), 1e-6 * Math.max(1, Math.abs(byLogProb)), what);
                    double byShift = (loss.of(step, new Outcome(advantage, change, 0, shift + h), 0)
                                            .value()
                                    - loss.of(step, new Outcome(advantage, change, 0, shift - h), 0)
                                            .value())
                            / (2 * h);
                    assertEquals(byShift, term.byMeanShift(), 1e-6 * Math.max(1, Math.abs(byShift)), what);
                }
            }
        }
    }

    @Test
    void clippedSideHasNoGradientAndTheOtherSideKeepsIt() {
        var objective = new ClippedRatio(1e-4);
        for (double advantage : new double[] {2, -2}) {
            double towards = Math.copySign(2e-4, advantage);
            LossTerm further = objective.of(Steps.any(), new Outcome(advantage, towards, 0, 0));
            assertTrue(further.outside() && further.clipped() && isFlat(further));
            LossTerm back = objective.of(Steps.any(), new Outcome(advantage, -towards, 0, 0));
            assertTrue(back.outside() && !back.clipped() && !isFlat(back));
            assertEquals(-advantage * back.ratio(), back.byLogProb());
        }
    }

    @Test
    void zeroAdvantageHasNoGradient() {
        for (Objective objective : OBJECTIVES) {
            for (double change : new double[] {-1, 0, 1e-5, 1}) {
                assertTrue(isFlat(objective.of(Steps.any(), new Outcome(0, change, 0, .2))));
            }
        }
    }

    @Test
    void trustRegionLetsThePolicyReturn() {
        var objective = new TrustRegion(1e-5);
        assertTrue(isFlat(objective.of(Steps.any(), new Outcome(1, .1, 0, 1e-4))), "further away");
        assertFalse(isFlat(objective.of(Steps.any(), new Outcome(1, -.1, 0, 1e-4))), "back");
        assertFalse(isFlat(objective.of(Steps.any(), new Outcome(1, .1, 0, 1e-6))), "still near");
    }

    @Test
    void guardedRatiosOfOppositeNoisesCancelAtEveryStep() {
        // log-prob change of x' = muOld + std z under a mean moved by d: (2 std z d - d^2) / (2 std^2).
        for (int index : new int[] {0, 3, 12, 22}) {
            double std = Steps.at(index).coefficients().noiseStd();
            double moved = .3 * std;
            double[] ratios = new double[2];
            for (int side = 0; side < 2; side++) {
                double z = side == 0 ? 1.7 : -1.7;
                double change = (2 * std * z * moved - moved * moved) / (2 * std * std);
                var outcome = new Outcome(1, change, 0, moved * moved / (2 * std * std));
                ratios[side] =
                        new GuardedRatio(1e-6).of(Steps.at(index), outcome).ratio();
            }
            assertEquals(1, ratios[0] * ratios[1], 1e-12);
            assertEquals(1.7 * moved, Math.log(ratios[0]), 1e-12, "the noise's std cancels");
        }
    }

    /** Whether nothing is to be learnt from it. */
    private static boolean isFlat(LossTerm term) {
        return term.byLogProb() == 0 && term.byMeanShift() == 0;
    }
}
