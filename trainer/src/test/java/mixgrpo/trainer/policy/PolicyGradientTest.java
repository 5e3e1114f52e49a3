package mixgrpo.trainer.policy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import mixgrpo.models.Array;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.trainer.loss.ClippedRatio;
import mixgrpo.trainer.loss.GuardedRatio;
import mixgrpo.trainer.loss.ImportanceWeights;
import mixgrpo.trainer.loss.LossTerm;
import mixgrpo.trainer.loss.Objective;
import mixgrpo.trainer.loss.PolicyLoss;
import mixgrpo.trainer.loss.StepKl;
import mixgrpo.trainer.loss.StepWeights;
import mixgrpo.trainer.loss.TrustRegion;
import mixgrpo.trainer.torchscript.TrainableNetwork;
import org.junit.jupiter.api.Test;

class PolicyGradientTest {

    private static final long SEED = 21;
    private static final int[] ALL = {0, 1, 2, 3};
    private static final double[] ADVANTAGES = {1.2, -.7, .4, -.9};
    private static final int STEPS = 3;
    private static final double FACTOR = 1.0 / (ALL.length * STEPS);
    private static final PolicyLoss CLIPPED = loss(new ClippedRatio(1e-4), 0, Optional.empty());

    private final TinyPolicy policy = tiny(SEED);
    private final ArrayWeights weights = policy.weights(SEED);

    /** The policy that is tested; another class tests others. */
    TinyPolicy tiny(long seed) {
        return TinyPolicy.flux(seed);
    }

    /** Whether the loss depends on a parameter. */
    boolean hasGradient(String key) {
        return true;
    }

    @Test
    void unchangedPolicyHasRatioOne() {
        for (long seed = SEED; seed < SEED + 4; seed++) {
            try (TrainableNetwork network = policy.network(policy.weights(seed))) {
                Group group = policy.sample(network, seed);
                GradientStats stats = gradients(network, CLIPPED).add(shard(group));
                String with = "with seed " + seed;
                assertEquals(1, stats.ratios().ratio().mean(), 1e-6, with);
                assertEquals(ALL.length * STEPS, stats.ratios().ratio().count(), with);
                assertTrue(
                        stats.ratios().logProbDeviation().max() < 1e-6,
                        with + ": " + stats.ratios().logProbDeviation());
                assertEquals(0, stats.ratios().clipped(), with);
                // With ratios of 1 the loss is minus the mean advantage.
                assertEquals(-Arrays.stream(ADVANTAGES).average().orElseThrow(), stats.loss(), 1e-6, with);
            }
        }
    }

    @Test
    void replayIsWhatTheRolloutSaid() {
        try (TrainableNetwork network = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            Replay replay = gradients(network, CLIPPED).replay(group);
            for (int step = 0; step < STEPS; step++) {
                // The same network with another batch.
                assertArrayEquals(group.transitions().get(step).logProbs(), replay.logProbs()[step], 1e-6);
                assertEquals(step == 0 ? 1 : ALL.length, replay.velocities()[step].length);
            }
        }
    }

    @Test
    void aShardIsReplayedInTheBatchOfItsGradient() {
        try (TrainableNetwork network = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            PolicyGradient gradient = gradients(network, CLIPPED);
            Shard shard = Shard.of(group, new int[] {1, 2, 3}, new double[] {.4, 0, -.9}, 1. / 9);
            Replay replay = gradient.replay(shard);
            for (int step = 0; step < STEPS; step++) {
                for (int image : ALL) {
                    boolean asked = image == 1 || image == 3;
                    assertEquals(asked, !Double.isNaN(replay.logProbs()[step][image]), "image " + image);
                    assertEquals(step == 0 || asked, replay.velocity(step, image) != null, "image " + image);
                }
            }
            GradientStats stats = gradient.add(shard.withOld(replay));
            assertEquals(2 * STEPS, stats.ratios().ratio().count());
            assertEquals(1, stats.ratios().ratio().min());
            assertEquals(1, stats.ratios().ratio().max());
            Replay nothing = gradient.replay(Shard.of(group, new int[] {2}, new double[1], 1));
            assertTrue(Arrays.stream(nothing.logProbs())
                    .flatMapToDouble(Arrays::stream)
                    .allMatch(Double::isNaN));
        }
    }

    @Test
    void aRatioNeedsNoVelocitiesOfTheOldPolicy() {
        try (TrainableNetwork network = policy.network(weights);
                TrainableNetwork other = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            Replay replay = gradients(network, CLIPPED).replay(group);
            assertEquals(0, replay.withoutVelocities().velocities().length);
            GradientStats stats = gradients(network, CLIPPED).add(shard(group).withOld(replay));
            assertEquals(stats, gradients(other, CLIPPED).add(shard(group).withOld(replay.withoutVelocities())));
            other.gradients()
                    .forEach((key, expected) ->
                            assertArrayEquals(expected, network.gradients().get(key), 0, key));
        }
    }

    @Test
    void sharedRowGivesTheGradientsOfSeparateRows() {
        for (long seed = SEED; seed < SEED + 4; seed++) {
            ArrayWeights own = policy.weights(seed);
            try (TrainableNetwork network = policy.network(own);
                    TrainableNetwork other = policy.network(own)) {
                Group group = policy.sample(network, seed);
                GradientStats shared = gradients(network, CLIPPED).add(shard(group));
                GradientStats separate = gradients(other, CLIPPED).add(shard(policy.separate(group)));
                assertEquals(1 + 2 * ALL.length, shared.passes().rows());
                assertEquals(3 * ALL.length, separate.passes().rows());
                assertEquals(separate.loss(), shared.loss(), 1e-6, "with seed " + seed);
                assertClose(other.gradients(), network.gradients(), 1e-4, "with seed " + seed);
            }
        }
    }

    @Test
    void anImageCountsByItsImportance() {
        try (TrainableNetwork network = policy.network(weights);
                TrainableNetwork other = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            Replay replay = gradients(network, CLIPPED).replay(group);
            double[] weightOf = {.5, 1.25, 1.5, .8}; // the third is truncated
            double[][] engine = new double[STEPS][];
            for (int step = 0; step < STEPS; step++) {
                engine[step] = replay.logProbs()[step].clone();
                for (int image : ALL) {
                    engine[step][image] -= Math.log(image == 2 ? 9 : weightOf[image]);
                }
            }
            var weighed = new PolicyLoss(
                    new ClippedRatio(1e-4), 0, StepWeights.UNIFORM, Optional.empty(), new ImportanceWeights(1.5));
            Shard shard = shard(policy.withOldLogProbs(group, engine)).withOld(replay);
            GradientStats stats = gradients(network, weighed).add(shard);
            double[] advantages = Arrays.stream(ALL)
                    .mapToDouble(i -> weightOf[i] * ADVANTAGES[i])
                    .toArray();
            GradientStats expected = gradients(other, CLIPPED)
                    .add(Shard.of(group, ALL, advantages, FACTOR).withOld(replay));
            assertEquals(expected.loss(), stats.loss(), 1e-9);
            assertClose(other.gradients(), network.gradients(), 1e-6);
        }
    }

    @Test
    void gradientsAddUpOverTheImagesOfAGroup() {
        try (TrainableNetwork network = policy.network(weights);
                TrainableNetwork other = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            GradientStats whole = gradients(network, CLIPPED).add(shard(group));
            GradientStats parts = GradientStats.NONE;
            for (int[] images : new int[][] {{3}, {0, 2}, {1}}) {
                double[] advantages =
                        Arrays.stream(images).mapToDouble(i -> ADVANTAGES[i]).toArray();
                parts = parts.plus(gradients(other, CLIPPED).add(Shard.of(group, images, advantages, FACTOR)));
            }
            assertEquals(3, parts.passes().forwards());
            assertEquals(whole.loss(), parts.loss(), 1e-6);
            assertEquals(whole.ratios().ratio().count(), parts.ratios().ratio().count());
            assertClose(network.gradients(), other.gradients(), 1e-4);
        }
    }

    @Test
    void gradientIsTheSlopeOfTheLoss() {
        var pull = Optional.of(new PolicyLoss.Reference(StepKl.GAUSSIAN, .3));
        var velocityPull = Optional.of(new PolicyLoss.Reference(StepKl.VELOCITY, .3));
        for (PolicyLoss loss : List.of(
                loss(new ClippedRatio(10), .5, Optional.empty()),
                loss(new GuardedRatio(10), 0, pull),
                loss(new TrustRegion(10), .5, velocityPull))) {
            try (TrainableNetwork sampler = policy.network(weights)) {
                Group group = policy.sample(sampler, SEED);
                Replay old = gradients(sampler, loss).replay(group);
                Shard shard = shard(group).withOld(old);
                if (loss.reference().isPresent()) {
                    try (TrainableNetwork reference = policy.network(policy.weights(SEED + 1))) {
                        shard = shard.withReference(gradients(reference, loss).replay(group));
                    }
                }
                ArrayWeights now = TinyPolicy.moved(weights, direction(), .02);
                Map<String, float[]> gradient;
                try (TrainableNetwork network = policy.network(now)) {
                    gradients(network, loss).add(shard);
                    gradient = network.gradients();
                }
                double norm = Math.sqrt(gradient.values().stream()
                        .mapToDouble(PolicyGradientTest::squares)
                        .sum());
                double step = 1e-3;
                double up = lossAt(TinyPolicy.moved(now, gradient, step / norm), loss, shard);
                double down = lossAt(TinyPolicy.moved(now, gradient, -step / norm), loss, shard);
                // Float32 passes: the difference has about three digits.
                assertEquals(norm, (up - down) / (2 * step), 1e-2 * norm, loss + ", seed " + SEED);
            }
        }
    }

    @Test
    void imagesWithoutAdvantageCostNothing() {
        try (TrainableNetwork network = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            GradientStats none = gradients(network, CLIPPED).add(Shard.of(group, ALL, new double[4], FACTOR));
            assertEquals(List.of(0L, 0L, 0L, 1L), passes(none));
            GradientStats one =
                    gradients(network, CLIPPED).add(Shard.of(group, ALL, new double[] {0, 0, 2, 0}, FACTOR));
            assertEquals(List.of((long) STEPS, 1L, 1L, 0L), passes(one));
            assertEquals(4, none.passes().leftOut());
            assertEquals(3, one.passes().leftOut());
            assertEquals(0, one.passes().flatRows());
        }
    }

    @Test
    void gradientGoesThroughTheTrainedStepsOnly() {
        // Image 0 is trained on steps 0 and 2, image 1 on 1, the others on 0 and 1.
        boolean[][] trained = {{true, false, true, true}, {false, true, true, true}, {true, false, false, false}};
        try (TrainableNetwork network = policy.network(weights);
                TrainableNetwork other = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            Group part = policy.trainedOn(group, trained);
            GradientStats stats = gradients(network, CLIPPED).add(shard(part));
            assertEquals(1 + 3 + 1, stats.passes().rows());
            assertEquals(7, stats.ratios().ratio().count());
            // The same from groups of a single step each.
            GradientStats steps = GradientStats.NONE;
            for (int step = 0; step < STEPS; step++) {
                int own = step;
                int[] images = Arrays.stream(ALL).filter(i -> trained[own][i]).toArray();
                double[] advantages =
                        Arrays.stream(images).mapToDouble(i -> ADVANTAGES[i]).toArray();
                steps = steps.plus(gradients(other, CLIPPED)
                        .add(Shard.of(policy.withStep(group, step), images, advantages, FACTOR)));
            }
            assertEquals(steps.loss(), stats.loss(), 1e-6);
            assertClose(other.gradients(), network.gradients(), 1e-4);
            Replay replay = gradients(network, CLIPPED).replay(part);
            Replay whole = gradients(network, CLIPPED).replay(group);
            for (int step = 0; step < STEPS; step++) {
                for (int image : ALL) {
                    assertEquals(
                            trained[step][image] ? whole.logProbs()[step][image] : Double.NaN,
                            replay.logProbs()[step][image],
                            1e-6);
                }
            }
        }
    }

    @Test
    void rowsOfClippedImagesGoBackwardWithTheOthersAndAreCounted() {
        try (TrainableNetwork network = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            double[][] old = gradients(network, CLIPPED).replay(group).logProbs();
            for (double[] step : old) {
                step[1] -= Math.copySign(1e-3, ADVANTAGES[1]);
            }
            GradientStats stats = gradients(network, CLIPPED).add(shard(policy.withOldLogProbs(group, old)));
            assertEquals(List.of(9L, 1L, 1L, 0L), passes(stats));
            assertEquals(9, stats.passes().backwardRows());
            assertEquals(
                    STEPS - 1, stats.passes().flatRows()); // its first row is all images' and has the others' gradients
        }
    }

    @Test
    void clippedGroupSkipsTheBackwardPass() {
        try (TrainableNetwork network = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            double[][] old = gradients(network, CLIPPED).replay(group).logProbs();
            for (double[] step : old) {
                for (int image = 0; image < step.length; image++) {
                    step[image] -= Math.copySign(1e-3, ADVANTAGES[image]);
                }
            }
            GradientStats stats = gradients(network, CLIPPED).add(shard(policy.withOldLogProbs(group, old)));
            assertEquals(List.of(9L, 1L, 0L, 1L), passes(stats));
            assertEquals(1, stats.ratios().clipFraction());
            assertTrue(network.gradients().values().stream().allMatch(g -> squares(g) == 0));
        }
    }

    @Test
    void missingPoliciesAreNamed() {
        try (TrainableNetwork network = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            PolicyLoss guarded = loss(new GuardedRatio(1e-6), 0, Optional.empty());
            var error = assertThrows(IllegalArgumentException.class, () -> gradients(network, guarded)
                    .add(shard(group)));
            assertTrue(error.getMessage().contains("loss.oldLogProb=recompute"), error.getMessage());
            PolicyLoss pulled =
                    loss(new ClippedRatio(1e-4), 0, Optional.of(new PolicyLoss.Reference(StepKl.VELOCITY, 1)));
            assertThrows(IllegalArgumentException.class, () -> gradients(network, pulled)
                    .add(shard(group)));
            assertThrows(IllegalArgumentException.class, () -> Shard.of(group, new int[] {4}, new double[1], 1));
            assertThrows(IllegalArgumentException.class, () -> Shard.of(group, new int[] {1}, new double[2], 1));
        }
    }

    @Test
    void divergedPolicyIsReported() {
        try (TrainableNetwork network = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            float[] bias = network.parameters().floats("proj_out.bias");
            Arrays.fill(bias, Float.NaN);
            network.parameters().write("proj_out.bias", bias);
            var error = assertThrows(IllegalStateException.class, () -> gradients(network, CLIPPED)
                    .add(shard(group)));
            assertTrue(error.getMessage().contains("prompt 7, image 0, step 1"), error.getMessage());
        }
    }

    @Test
    void aDerivativeThatIsNotFiniteIsReported() {
        try (TrainableNetwork network = policy.network(weights)) {
            Group group = policy.sample(network, SEED);
            for (double slope : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
                for (LossTerm term : List.of(
                        new LossTerm(1, 0, 1, slope, 0, false, false), new LossTerm(1, 0, 1, 0, slope, false, false))) {
                    PolicyGradient steep = gradients(network, loss((step, outcome) -> term, 0, Optional.empty()));
                    var error = assertThrows(IllegalStateException.class, () -> steep.add(shard(group)));
                    assertTrue(error.getMessage().contains("its derivative is not finite"), error.getMessage());
                }
            }
            assertTrue(network.gradients().values().stream().allMatch(g -> squares(g) == 0));
        }
    }

    private PolicyGradient gradients(TrainableNetwork network, PolicyLoss loss) {
        return new PolicyGradient(network, policy.inputs, loss);
    }

    private double lossAt(ArrayWeights at, PolicyLoss loss, Shard shard) {
        try (TrainableNetwork network = policy.network(at)) {
            return gradients(network, loss).add(shard).loss();
        }
    }

    private Map<String, float[]> direction() {
        Random random = new Random(SEED + 2);
        Map<String, float[]> direction = new TreeMap<>();
        for (Map.Entry<String, Array> entry : weights.arrays().entrySet()) {
            direction.put(
                    entry.getKey(), TinyPolicy.normal(random, entry.getValue().values().length, 1));
        }
        return direction;
    }

    private static PolicyLoss loss(Objective objective, double kl, Optional<PolicyLoss.Reference> reference) {
        return new PolicyLoss(objective, kl, StepWeights.UNIFORM, reference);
    }

    private static Shard shard(Group group) {
        return Shard.of(group, ALL, ADVANTAGES, FACTOR);
    }

    private static List<Long> passes(GradientStats stats) {
        return List.of(
                stats.passes().rows(),
                stats.passes().forwards(),
                stats.passes().backwards(),
                stats.passes().skippedBackwards());
    }

    private void assertClose(Map<String, float[]> expected, Map<String, float[]> actual, double relative) {
        assertClose(expected, actual, relative, "with seed " + SEED);
    }

    private void assertClose(Map<String, float[]> expected, Map<String, float[]> actual, double relative, String with) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((key, values) -> {
            double error = 0;
            for (int i = 0; i < values.length; i++) {
                error += Math.pow((double) values[i] - actual.get(key)[i], 2);
            }
            double norm = Math.sqrt(squares(values));
            assertEquals(hasGradient(key), norm > 0, key);
            assertTrue(
                    Math.sqrt(error) <= relative * norm, with + ", " + key + " differs by " + Math.sqrt(error) / norm);
        });
    }

    private static double squares(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return sum;
    }
}
