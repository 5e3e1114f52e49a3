package mixgrpo.trainer.policy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import mixgrpo.models.Array;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.trainer.advantage.Advantages;
import mixgrpo.trainer.checkpoint.WeightGroups;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.OptimizerConfig;
import mixgrpo.trainer.config.PolicyConfig;
import mixgrpo.trainer.libtorch.TorchDevice;
import mixgrpo.trainer.loss.PolicyLoss;
import mixgrpo.trainer.torchscript.AdamW;
import mixgrpo.trainer.torchscript.LoraConfig;
import mixgrpo.trainer.torchscript.Precision;
import mixgrpo.trainer.torchscript.TrainableNetwork;
import org.junit.jupiter.api.Test;

class PolicyTest {

    private static final long SEED = 23;
    private static final double RATE = 1e-3;
    private static final Workers ONE = Workers.one();
    private static final double[][] ADVANTAGES = {{1.2, -.7, .4, -.9}, {-.2, .3, -1.4, 1.3}};
    private static final LossConfig LOSS = loss(0, LossConfig.OldLogProb.ROLLOUT);
    private static final LoraConfig LORA = new LoraConfig(2, 4, List.of("attn.to_q", "proj_out", "linear_1"));

    private final TinyPolicy tiny = TinyPolicy.flux(SEED);
    private final ArrayWeights weights = tiny.weights(SEED);
    private final List<Group> groups = groups();

    private List<Group> groups() {
        try (TrainableNetwork network = tiny.network(weights)) {
            return List.of(tiny.sample(network, SEED), tiny.sample(network, SEED + 1));
        }
    }

    private static LossConfig loss(double klCoefficient, LossConfig.OldLogProb old) {
        return loss(LossConfig.Objective.CLIP, klCoefficient, old, LossConfig.Reference.NONE);
    }

    private static LossConfig loss(
            LossConfig.Objective objective, double kl, LossConfig.OldLogProb old, LossConfig.Reference reference) {
        return new LossConfig(
                objective,
                1e-4,
                1e-5,
                LossConfig.Weighting.UNIFORM,
                LossConfig.Reduction.MEAN,
                old,
                0,
                kl,
                reference,
                .3,
                LossConfig.Aggregation.ADVANTAGE,
                LossConfig.RewardWeights.NORMALISED,
                LossConfig.Scope.GROUP,
                0,
                1e-8,
                5);
    }

    private static OptimizerConfig optimizer(int minibatches, double emaDecay) {
        return new OptimizerConfig(
                RATE,
                OptimizerConfig.Schedule.CONSTANT,
                1,
                1,
                0,
                .01,
                1,
                minibatches,
                OptimizerConfig.Remainder.USED,
                .9,
                .99,
                1e-8,
                emaDecay);
    }

    private static PolicyConfig full(double keep) {
        return new PolicyConfig(PolicyConfig.Mode.FULL, LORA, Precision.FP32, false, keep);
    }

    private static PolicyConfig lora() {
        return new PolicyConfig(PolicyConfig.Mode.LORA, LORA, Precision.FP32, false, 1);
    }

    private Policy policy(PolicyConfig train, OptimizerConfig optimizer, LossConfig loss) {
        return policy(train, optimizer, loss, ONE);
    }

    private Policy policy(PolicyConfig train, OptimizerConfig optimizer, LossConfig loss, Workers workers) {
        return new Policy(tiny.inputs, weights, train, optimizer, loss, SEED, new Compute(TorchDevice.CPU, workers));
    }

    /** What is in memory now, so that it can be compared later. */
    private static Map<String, float[]> values(Weights weights) {
        Map<String, float[]> values = new TreeMap<>();
        weights.shapes().keySet().forEach(key -> values.put(key, weights.floats(key)));
        return values;
    }

    private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual, float tolerance) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((key, array) -> assertArrayEquals(array, actual.get(key), tolerance, key));
    }

    private static boolean differs(Map<String, float[]> one, Map<String, float[]> other) {
        return one.entrySet().stream().anyMatch(entry -> !Arrays.equals(entry.getValue(), other.get(entry.getKey())));
    }

    @Test
    void updateMTakesTheImagesOfItsPartOfEveryPrompt() {
        try (Policy policy = policy(full(1), optimizer(2, 0), LOSS);
                TrainableNetwork network = tiny.network(weights)) {
            UpdateStats stats = policy.update(0, RATE, groups, new Advantages(ADVANTAGES), true);
            PolicyGradient gradient = new PolicyGradient(network, tiny.inputs, PolicyLoss.of(LOSS));
            double norms = 0;
            try (AdamW adam = new AdamW(network)) {
                for (int[] images : new int[][] {{0, 1}, {2, 3}}) {
                    for (int g = 0; g < groups.size(); g++) {
                        double[] own = ADVANTAGES[g];
                        double[] advantages =
                                Arrays.stream(images).mapToDouble(i -> own[i]).toArray();
                        gradient.add(Shard.of(groups.get(g), images, advantages, 1. / (4 * 3)));
                    }
                    norms += adam.step(new AdamW.Settings(RATE, .9, .99, 1e-8, .01, 1));
                }
            }
            assertSame(values(network.parameters()), values(policy.rolloutWeights()), 0);
            assertEquals(2, stats.updates());
            assertEquals(norms / 2, stats.gradientNorm());
            assertEquals(2 * 4 * 3, stats.all().ratios().ratio().count());
        }
    }

    /** With pulls towards the sampling and the reference policy, so that replays are computed by workers, too. */
    @Test
    void workersChangeNoBit() {
        LossConfig loss =
                loss(LossConfig.Objective.CLIP, .1, LossConfig.OldLogProb.RECOMPUTE, LossConfig.Reference.VELOCITY);
        for (PolicyConfig train : List.of(full(1), lora())) {
            try (Workers three = new Workers(3);
                    Policy alone = policy(train, optimizer(2, .9), loss);
                    Policy shared = policy(train, optimizer(2, .9), loss, three)) {
                for (int iteration = 0; iteration < 2; iteration++) {
                    UpdateStats expected = alone.update(iteration, RATE, groups, new Advantages(ADVANTAGES), true);
                    assertEquals(expected, shared.update(iteration, RATE, groups, new Advantages(ADVANTAGES), true));
                }
                Map<String, Map<String, float[]>> after = state(shared);
                state(alone).forEach((group, values) -> assertSame(values, after.get(group), 0));
            }
        }
    }

    @Test
    void withoutAdvantagesNothingIsUpdated() {
        try (Policy policy = policy(full(1), optimizer(2, .9), LOSS)) {
            Map<String, Map<String, float[]>> before = state(policy);
            UpdateStats stats = policy.update(0, RATE, groups, new Advantages(new double[2][4]), true);
            assertEquals(0, stats.updates());
            assertEquals(0, stats.all().passes().forwards());
            before.forEach((group, values) -> assertSame(values, state(policy).get(group), 0));
            // A minibatch with something to learn from is still used.
            double[][] late = {{0, 0, 0, 1}, {0, 0, 0, 0}};
            UpdateStats one = policy.update(1, RATE, groups, new Advantages(late), true);
            assertEquals(1, one.updates());
            assertTrue(one.engineDeviation().count() > 0);
        }
    }

    /** Two prompts of four images in two updates: what is not made is counted as left out. */
    @Test
    void updatesThatTeachNothingAreCounted() {
        double[][] late = {{0, 0, 0, 1}, {0, 0, 0, 0}};
        for (Workers workers : List.of(ONE, new Workers(2))) {
            try (workers;
                    Policy policy = policy(full(1), optimizer(2, 0), LOSS, workers)) {
                PassCounts none = policy.update(0, RATE, groups, new Advantages(new double[2][4]), true)
                        .all()
                        .passes();
                assertEquals(8, none.leftOut());
                assertEquals(2 * 2, none.skippedBackwards());
                assertEquals(1, none.skippedShare());
                PassCounts one = policy.update(1, RATE, groups, new Advantages(late), true)
                        .all()
                        .passes();
                assertEquals(7, one.leftOut());
                assertEquals(3, one.skippedBackwards());
                assertEquals(1, one.backwards());
            }
        }
    }

    /** Other policies are asked of no more than the updates use. */
    @Test
    void imagesThatTeachNothingAreNotComputedAgain() {
        double[][] advantages = {{1, 0, -1, 0}, {0, 0, 0, .5}};
        try (Policy policy = policy(full(1), optimizer(2, 0), loss(0, LossConfig.OldLogProb.RECOMPUTE))) {
            UpdateStats stats = policy.update(0, RATE, groups, new Advantages(advantages), true);
            assertEquals(3 * 3, stats.engineDeviation().count());
            assertEquals(3 * 3, stats.all().ratios().ratio().count());
        }
    }

    @Test
    void imagesWithoutAdvantageCountInTheMean() {
        double[][] advantages = {{1, 0, -1, 0}, {0, 0, 0, 0}};
        try (Policy policy = policy(full(1), optimizer(1, 0), LOSS);
                TrainableNetwork network = tiny.network(weights);
                AdamW adam = new AdamW(network)) {
            UpdateStats stats = policy.update(0, RATE, groups, new Advantages(advantages), true);
            new PolicyGradient(network, tiny.inputs, PolicyLoss.of(LOSS))
                    .add(Shard.of(groups.get(0), new int[] {0, 2}, new double[] {1, -1}, 1. / (8 * 3)));
            assertEquals(adam.step(new AdamW.Settings(RATE, .9, .99, 1e-8, .01, 1)), stats.gradientNorm(), 1e-9);
            assertEquals(2 * 3, stats.all().ratios().ratio().count());
        }
    }

    @Test
    void theKlTermIsFeltByImagesWithoutAdvantage() {
        try (Policy policy = policy(full(1), optimizer(2, 0), loss(.1, LossConfig.OldLogProb.ROLLOUT))) {
            double[][] advantages = {{1, -1, 0, 0}, {0, 0, 0, 0}};
            UpdateStats stats = policy.update(0, RATE, groups, new Advantages(advantages), true);
            assertEquals(2, stats.updates());
            assertEquals(2 * 4 * 3, stats.all().ratios().kl().count());
            assertTrue(stats.all().ratios().kl().max() > 0);
        }
    }

    @Test
    void onlyTheImagesWithTheLargestAdvantagesAreKept() {
        try (Policy policy = policy(full(.5), optimizer(1, 0), LOSS);
                TrainableNetwork network = tiny.network(weights);
                AdamW adam = new AdamW(network)) {
            UpdateStats stats = policy.update(0, RATE, groups, new Advantages(ADVANTAGES), true);
            PolicyGradient gradient = new PolicyGradient(network, tiny.inputs, PolicyLoss.of(LOSS));
            gradient.add(Shard.of(groups.get(0), new int[] {0, 3}, new double[] {1.2, -.9}, 1. / (4 * 3)));
            gradient.add(Shard.of(groups.get(1), new int[] {2, 3}, new double[] {-1.4, 1.3}, 1. / (4 * 3)));
            adam.step(new AdamW.Settings(RATE, .9, .99, 1e-8, .01, 1));
            assertEquals(4 * 3, stats.all().ratios().ratio().count());
            assertSame(values(network.parameters()), values(policy.rolloutWeights()), 0);
        }
    }

    @Test
    void gradientsDoNotDependOnHowPromptsAreSpreadOverWorkers() {
        try (TrainableNetwork together = tiny.network(weights);
                TrainableNetwork first = tiny.network(weights);
                TrainableNetwork second = tiny.network(weights)) {
            List<TrainableNetwork> workers = List.of(first, second);
            for (int g = 0; g < groups.size(); g++) {
                Shard shard = Shard.of(groups.get(g), new int[] {0, 1, 2, 3}, ADVANTAGES[g], 1. / 24);
                new PolicyGradient(together, tiny.inputs, PolicyLoss.of(LOSS)).add(shard);
                new PolicyGradient(workers.get(g), tiny.inputs, PolicyLoss.of(LOSS)).add(shard);
            }
            Map<String, float[]> sum = first.gradients();
            second.gradients().forEach((key, gradient) -> {
                float[] own = sum.get(key);
                for (int i = 0; i < own.length; i++) {
                    own[i] += gradient[i];
                }
            });
            assertSame(new TreeMap<>(sum), new TreeMap<>(together.gradients()), 0);
        }
    }

    @Test
    void engineDeviationIsThatOfTheFirstUpdateWhereverOldLogProbsComeFrom() {
        List<Group> shifted = shifted(2e-5);
        for (LossConfig.OldLogProb old : LossConfig.OldLogProb.values()) {
            try (Policy policy = policy(full(1), optimizer(2, 0), loss(0, old))) {
                UpdateStats stats = policy.update(0, RATE, shifted, new Advantages(ADVANTAGES), true);
                assertEquals(2e-5, stats.engineDeviation().mean(), 1e-6, old.toString());
            }
        }
    }

    private List<Group> shifted(double by) {
        List<Group> shifted = new ArrayList<>();
        for (Group group : groups) {
            double[][] logProbs = group.transitions().stream()
                    .map(transition -> Arrays.stream(transition.logProbs())
                            .map(value -> value + by)
                            .toArray())
                    .toArray(double[][]::new);
            shifted.add(tiny.withOldLogProbs(group, logProbs));
        }
        return shifted;
    }

    /** The clip range is 1e-4: 4e-6 is below 5 % of it, 6e-6 above. */
    @Test
    void oldLogProbsAreComputedAgainWhereTheEngineIsTooFarOff() {
        for (double by : new double[] {4e-6, 6e-6}) {
            boolean far = by > 5e-6;
            List<Group> sampled = shifted(by);
            for (PolicyConfig train : List.of(full(1), lora())) {
                try (Policy auto = policy(train, optimizer(2, 0), loss(0, LossConfig.OldLogProb.AUTO));
                        Policy again = policy(train, optimizer(2, 0), loss(0, LossConfig.OldLogProb.RECOMPUTE))) {
                    UpdateStats stats = auto.update(0, RATE, sampled, new Advantages(ADVANTAGES), true);
                    UpdateStats expected = again.update(0, RATE, sampled, new Advantages(ADVANTAGES), true);
                    assertEquals(far, stats.recomputed());
                    assertTrue(expected.recomputed());
                    assertEquals(by, stats.engineDeviation().mean(), 1e-7);
                    double apart = expected.all().ratios().ratio().mean()
                            - stats.all().ratios().ratio().mean();
                    // Half of the pictures are of the second update, whose ratios are against the engine's log-probs if
                    // these are near.
                    assertEquals(far ? 0 : by / 2, apart, 1e-7, "shifted by " + by);
                    if (far) {
                        assertEquals(expected.gradientNorm(), stats.gradientNorm(), 1e-4 * expected.gradientNorm());
                    }
                }
            }
        }
    }

    @Test
    void theFirstUpdateHasRatioOneWhateverTheEngineSays() {
        try (Policy policy = policy(full(1), optimizer(1, 0), loss(.5, LossConfig.OldLogProb.AUTO))) {
            UpdateStats stats = policy.update(0, RATE, shifted(3e-4), new Advantages(ADVANTAGES), true);
            assertTrue(stats.recomputed());
            assertEquals(1, stats.all().ratios().ratio().min());
            assertEquals(1, stats.all().ratios().ratio().max());
            assertEquals(0, stats.all().ratios().kl().max());
            assertEquals(0, stats.all().ratios().clipFraction());
        }
    }

    @Test
    void anEngineWithOlderWeightsIsTakenAtItsWord() {
        Advantages advantages = new Advantages(ADVANTAGES);
        try (Policy auto = policy(full(1), optimizer(2, 0), loss(0, LossConfig.OldLogProb.AUTO));
                Policy rollout = policy(full(1), optimizer(2, 0), LOSS)) {
            UpdateStats expected = rollout.update(0, RATE, shifted(3e-5), advantages, false);
            assertEquals(expected, auto.update(0, RATE, shifted(3e-5), advantages, false));
            assertFalse(expected.recomputed());
        }
    }

    @Test
    void theReferenceIsWhatTheRunBeganWith() {
        LossConfig.OldLogProb rollout = LossConfig.OldLogProb.ROLLOUT;
        for (LossConfig.Reference kind : List.of(LossConfig.Reference.VELOCITY, LossConfig.Reference.GAUSSIAN)) {
            for (PolicyConfig train : List.of(full(1), lora())) {
                LossConfig loss = loss(LossConfig.Objective.CLIP, 0, rollout, kind);
                try (Policy policy = policy(train, optimizer(1, 0), loss)) {
                    UpdateStats first = policy.update(0, RATE, groups, new Advantages(ADVANTAGES), true);
                    assertEquals(2 * 4 * 3, first.all().referenceKl().count());
                    assertEquals(0, first.all().referenceKl().max(), 1e-9, "nothing has moved yet");
                    UpdateStats moved = first;
                    for (int i = 1; i < 6; i++) {
                        moved = policy.update(i, 10 * RATE, groups, new Advantages(ADVANTAGES), true);
                    }
                    // Without advantages only the pull is left, and it leads back.
                    Advantages none = new Advantages(new double[2][4]);
                    double before = moved.all().referenceKl().mean();
                    double after = Double.NaN;
                    for (int i = 6; i < 26; i++) {
                        after = policy.update(i, RATE, groups, none, true)
                                .all()
                                .referenceKl()
                                .mean();
                    }
                    assertTrue(after < before, kind + ": from " + before + " to " + after);
                }
            }
        }
    }

    @Test
    void objectivesThatNeedTheOldMeansReplayTheRollout() {
        for (LossConfig.Objective objective : List.of(LossConfig.Objective.GUARD, LossConfig.Objective.TRUST_REGION)) {
            LossConfig loss = loss(objective, 0, LossConfig.OldLogProb.RECOMPUTE, LossConfig.Reference.NONE);
            try (Policy policy = policy(full(1), optimizer(2, 0), loss)) {
                UpdateStats stats = policy.update(0, RATE, groups, new Advantages(ADVANTAGES), true);
                assertEquals(2, stats.updates());
                assertTrue(stats.gradientNorm() > 0, objective.toString());
                assertTrue(differs(values(weights), values(policy.rolloutWeights())));
            }
            var error = assertThrows(
                    IllegalArgumentException.class,
                    () -> loss(objective, 0, LossConfig.OldLogProb.ROLLOUT, LossConfig.Reference.NONE));
            assertTrue(error.getMessage().startsWith("loss.oldLogProb: expected recompute"), error.getMessage());
        }
    }

    @Test
    void imagesAreUsedOrDroppedWhereTheyFillNoUpdate() {
        for (OptimizerConfig optimizer :
                List.of(optimizer(3, 0), optimizer(3, 0).droppingRemainder())) {
            boolean used = optimizer.remainder() == OptimizerConfig.Remainder.USED;
            try (Policy policy = policy(full(1), optimizer, LOSS);
                    TrainableNetwork network = tiny.network(weights);
                    AdamW adam = new AdamW(network)) {
                UpdateStats stats = policy.update(0, RATE, groups, new Advantages(ADVANTAGES), true);
                assertEquals(
                        2 * (used ? 4 : 3) * 3, stats.all().ratios().ratio().count());
                // Each update's loss is a mean over its own images.
                PolicyGradient gradient = new PolicyGradient(network, tiny.inputs, PolicyLoss.of(LOSS));
                int[][] parts = used ? new int[][] {{0}, {1}, {2, 3}} : new int[][] {{0}, {1}, {2}};
                for (int[] images : parts) {
                    for (int g = 0; g < groups.size(); g++) {
                        double[] own = ADVANTAGES[g];
                        double[] advantages =
                                Arrays.stream(images).mapToDouble(i -> own[i]).toArray();
                        gradient.add(Shard.of(groups.get(g), images, advantages, 1. / (2 * images.length * 3)));
                    }
                    adam.step(new AdamW.Settings(RATE, .9, .99, 1e-8, .01, 1));
                }
                assertSame(values(network.parameters()), values(policy.rolloutWeights()), 0);
            }
        }
    }

    @Test
    void theMovingAverageFollowsQuicklyAtFirst() {
        try (Policy policy = policy(full(1), optimizer(1, .95), LOSS)) {
            assertSame(values(weights), values(policy.tunedWeights()), 0);
            policy.update(0, RATE, groups, new Advantages(ADVANTAGES), true);
            Map<String, float[]> now = values(policy.rolloutWeights());
            Map<String, float[]> average = values(policy.tunedWeights());
            assertTrue(differs(now, average));
            now.forEach((key, values) -> {
                float[] expected = weights.floats(key);
                for (int i = 0; i < expected.length; i++) {
                    expected[i] += .9f * (values[i] - expected[i]);
                }
                assertArrayEquals(expected, average.get(key), 1e-6f, key);
            });
        }
        try (Policy policy = policy(full(1), optimizer(1, 0), LOSS)) {
            policy.update(0, RATE, groups, new Advantages(ADVANTAGES), true);
            assertSame(values(policy.rolloutWeights()), values(policy.tunedWeights()), 0);
            assertEquals(Set.of("policy", "optimizer"), policy.state().keySet());
        }
    }

    @Test
    void adaptersChangeNothingAtFirstAndAreAllThatIsTrained() {
        try (Policy policy = policy(lora(), optimizer(2, .9), LOSS)) {
            assertSame(values(weights), values(policy.tunedWeights()), 0);
            policy.update(0, RATE, groups, new Advantages(ADVANTAGES), true);
            policy.update(1, RATE, groups, new Advantages(ADVANTAGES), true);
            Map<String, float[]> merged = values(policy.tunedWeights());
            assertEquals(weights.shapes().keySet(), merged.keySet());
            merged.forEach((key, values) -> assertEquals(
                    key.endsWith(".weight") && LORA.adapts(key.substring(0, key.length() - 7)),
                    !Arrays.equals(weights.floats(key), values),
                    key));
            assertTrue(policy.state().get("policy").shapes().keySet().stream().allMatch(Lora::isAdapter));
        }
    }

    @Test
    void enginesAreSentAdaptersAloneOfScaleOne() {
        try (Policy policy = policy(lora(), optimizer(1, 0), LOSS)) {
            policy.update(0, RATE, groups, new Advantages(ADVANTAGES), true);
            Map<String, float[]> trained = values(policy.state().get("policy"));
            Map<String, float[]> sent = values(policy.rolloutWeights());
            assertEquals(trained.keySet(), sent.keySet());
            sent.forEach((key, values) -> {
                float[] expected = trained.get(key).clone();
                for (int i = 0; i < expected.length; i++) {
                    expected[i] *= key.endsWith(Lora.B) ? (float) LORA.scale() : 1;
                }
                assertArrayEquals(expected, values, key);
            });
            Map<String, float[]> engine = values(policy.engineWeights());
            weights.shapes().keySet().forEach(key -> assertArrayEquals(weights.floats(key), engine.get(key), key));
            sent.forEach((key, values) -> assertArrayEquals(values, engine.get(key), key));
        }
    }

    @Test
    void aPolicyGoesOnFromItsStateBitByBit() {
        for (PolicyConfig train : List.of(full(1), lora())) {
            OptimizerConfig optimizer = optimizer(2, .9);
            ArrayWeights saved;
            Map<String, Map<String, float[]>> end;
            try (Policy policy = policy(train, optimizer, LOSS)) {
                policy.update(0, RATE, groups, new Advantages(ADVANTAGES), true);
                saved = copy(new WeightGroups(policy.state()));
                policy.update(1, RATE, groups, new Advantages(ADVANTAGES), true);
                end = state(policy);
            }
            try (Policy policy = policy(train, optimizer, LOSS)) {
                policy.restore(saved);
                policy.update(1, RATE, groups, new Advantages(ADVANTAGES), true);
                end.forEach((group, values) -> assertSame(values, state(policy).get(group), 0));
            }
        }
    }

    @Test
    void aStateOfAnotherKindIsRefused() {
        try (Policy policy = policy(full(1), optimizer(2, .9), LOSS);
                Policy adapters = policy(lora(), optimizer(2, 0), LOSS)) {
            ArrayWeights ofAdapters = copy(new WeightGroups(adapters.state()));
            var error = assertThrows(IllegalArgumentException.class, () -> policy.restore(ofAdapters));
            assertFalse(error.getMessage().isBlank());
        }
    }

    private static Map<String, Map<String, float[]>> state(Policy policy) {
        Map<String, Map<String, float[]>> state = new LinkedHashMap<>();
        policy.state().forEach((group, weights) -> state.put(group, values(weights)));
        return state;
    }

    private static ArrayWeights copy(Weights weights) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        weights.shapes().forEach((key, shape) -> arrays.put(key, new Array(shape, weights.floats(key))));
        return new ArrayWeights(arrays);
    }
}
