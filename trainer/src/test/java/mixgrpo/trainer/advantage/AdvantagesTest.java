package mixgrpo.trainer.advantage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import mixgrpo.trainer.advantage.AdvantageRule.Arithmetic;
import mixgrpo.trainer.advantage.AdvantageRule.Failure;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.LossConfig.Aggregation;
import mixgrpo.trainer.config.LossConfig.Scope;
import org.junit.jupiter.api.Test;

class AdvantagesTest {

    private static final double NONE = Double.NaN;

    @Test
    void untrimmedAdvantagesSumToZero() {
        for (long seed = 0; seed < 50; seed++) {
            double[][] rewards = random(seed, 3, 2 + (int) seed % 11);
            for (Scope scope : new Scope[] {Scope.GROUP, Scope.GLOBAL_DEVIATION}) {
                for (double[] group : Advantages.withinGroups(Map.of("a", rewards), within(scope))
                        .values()) {
                    assertEquals(0, Arrays.stream(group).sum(), 1e-9, scope + ", seed " + seed);
                }
            }
        }
    }

    @Test
    void advantagesAreBoundedByTheGroupSize() {
        for (int size = 2; size < 20; size++) {
            double[] rewards = new double[size];
            rewards[size - 1] = 1e6;
            double largest = Advantages.withinGroups(Map.of("a", new double[][] {rewards}), one())
                    .maxAbsolute();
            assertEquals((size - 1) / Math.sqrt(size), largest, 1e-9);
        }
    }

    @Test
    void noAdvantageIsBeyondTheBound() {
        for (long seed = 0; seed < 200; seed++) {
            int size = 2 + (int) seed % 30;
            double largest = Advantages.withinGroups(Map.of("a", random(seed, 2, size)), one())
                    .maxAbsolute();
            assertTrue(largest <= Math.min(5, (size - 1) / Math.sqrt(size)) + 1e-9, "with seed " + seed);
        }
    }

    @Test
    void maskedFailuresLeaveTheOthersAsTheirSubset() {
        for (long seed = 0; seed < 200; seed++) {
            double[] all = random(seed, 1, 4 + (int) seed % 9)[0];
            double[] valid = Arrays.copyOfRange(all, 0, all.length - 1 - (int) seed % 3);
            Arrays.fill(all, valid.length, all.length, NONE);
            double[] advantages = advantages(one(), new double[][] {all})[0];
            double[] alone = advantages(one(), new double[][] {valid})[0];
            assertArrayEquals(Arrays.copyOf(alone, all.length), advantages, 1e-12, "with seed " + seed);
        }
    }

    @Test
    void scaleAndOriginOfARewardDoNotMatter() {
        double[][] rewards = random(3, 2, 6);
        double[][] other = new double[2][];
        Arrays.setAll(other, g -> Arrays.stream(rewards[g]).map(r -> 40 * r - 7).toArray());
        assertArrayEquals(advantages(one(), rewards)[1], advantages(one(), other)[1], 1e-6);
    }

    @Test
    void equalRewardsTeachNothing() {
        for (int k = 1; k < 200; k++) {
            double[] equal = new double[2 + k % 11];
            Arrays.fill(equal, k / 200.);
            Advantages advantages =
                    Advantages.withinGroups(Map.of("a", new double[][] {equal, {0, 1}}), within(Scope.values()[k % 2]));
            assertTrue(Arrays.stream(advantages.of(0)).allMatch(a -> a == 0), Arrays.toString(advantages.of(0)));
            assertEquals(.5, advantages.zeroGroups());
        }
    }

    @Test
    void float32MayFindSomethingInEqualRewards() {
        double worst = 0;
        for (int k = 1; k < 200; k++) {
            double[] equal = new double[12];
            Arrays.fill(equal, k / 200.);
            worst = Math.max(
                    worst,
                    Advantages.withinGroups(Map.of("a", new double[][] {equal}), one().with(Arithmetic.FLOAT32))
                            .maxAbsolute());
        }
        assertTrue(worst > .1 && worst < 1, "worst " + worst);
    }

    @Test
    void failedRewardMasksItsImageForThatRewardOnly() {
        double[][] complete = {{.1, .4, .2, .9}};
        double[][] failed = {{3, NONE, 5, 7}};
        double[] both = advantages(two(), complete, failed)[0];
        double[] first = advantages(one(), complete)[0];
        double[] second = advantages(one(), new double[][] {{3, 5, 7}})[0];
        assertEquals(first[1] / 2, both[1], 1e-12, "the image keeps its other reward");
        assertEquals((first[0] + second[0]) / 2, both[0], 1e-12, "the others are compared among themselves");
        assertEquals((first[3] + second[2]) / 2, both[3], 1e-12);
    }

    @Test
    void imageWithoutAllRewardsIsLeftOutOfTheirSum() {
        AdvantageRule rule = rule(Aggregation.REWARD, Map.of("a", 1., "b", 1.));
        double[] advantages = advantages(rule, new double[][] {{.1, .4, .2, .9}}, new double[][] {{3, NONE, 5, 7}})[0];
        double[] expected = advantages(one(), new double[][] {{1.55, 2.6, 3.95}})[0];
        assertArrayEquals(new double[] {expected[0], 0, expected[1], expected[2]}, advantages, 1e-9);
    }

    @Test
    void loneScoredImageHasNothingToBeComparedWith() {
        assertArrayEquals(new double[3], advantages(one(), new double[][] {{NONE, .7, NONE}})[0]);
        assertArrayEquals(new double[3], advantages(one(), new double[][] {{NONE, NONE, NONE}})[0]);
    }

    @Test
    void failuresMayCountAsZero() {
        assertArrayEquals(
                advantages(one().with(Failure.ZERO), new double[][] {{3, 0, 5, 7}})[0],
                advantages(one().with(Failure.ZERO), new double[][] {{3, NONE, 5, 7}})[0]);
    }

    @Test
    void trimLeavesTheLowestOutOfMeanAndDeviation() {
        double[] advantages = advantages(trimmed(.5), new double[][] {{-100, 1, 3, -50}})[0];
        double std = Math.sqrt(2); // of 1 and 3, N - 1
        assertArrayEquals(new double[] {-5, -1 / std, 1 / std, -5}, advantages, 1e-6);
        double[] most = advantages(trimmed(.99), new double[][] {{-100, 1, 3, -50}})[0];
        assertArrayEquals(advantages, most, "two rewards stay");
    }

    @Test
    void globalDeviationIsCommonToAllGroups() {
        double[][] advantages = advantages(within(Scope.GLOBAL_DEVIATION), new double[][] {{1, 2}, {10, 14}});
        assertEquals(4 * advantages[0][1], advantages[1][1], 1e-12);
    }

    @Test
    void globalScopeComparesAllImages() {
        double[][] advantages = advantages(within(Scope.GLOBAL), new double[][] {{1, 2}, {3, 6}});
        assertArrayEquals(advantages(one(), new double[][] {{1, 2, 3, 6}})[0], flat(advantages), 1e-12);
    }

    @Test
    void weightsAreScaledToSumOne() {
        assertEquals(
                Map.of("a", .25, "b", .75),
                rule(Aggregation.ADVANTAGE, Map.of("a", 1., "b", 3.)).weights());
    }

    @Test
    void advantagesAreClamped() {
        double[] rewards = new double[40];
        rewards[0] = 1;
        assertEquals(5, advantages(one(), new double[][] {rewards})[0][0]);
    }

    @Test
    void badRewardsAreRefused() {
        for (double[][] rewards : new double[][][] {{{1}}, {{}}, {{1, Double.POSITIVE_INFINITY}}}) {
            var error = assertThrows(IllegalArgumentException.class, () -> advantages(one(), rewards));
            assertTrue(error.getMessage().contains("reward 'a', group 0"), error.getMessage());
        }
        assertThrows(
                IllegalArgumentException.class, () -> Advantages.withinGroups(Map.of("a", random(1, 1, 3)), two()));
        assertThrows(IllegalArgumentException.class, () -> advantages(two(), random(1, 1, 3), random(1, 1, 4)));
        assertThrows(IllegalArgumentException.class, () -> advantages(two(), random(1, 1, 3), random(1, 2, 3)));
    }

    private static AdvantageRule one() {
        return rule(Aggregation.ADVANTAGE, Map.of("a", 1.));
    }

    private static AdvantageRule two() {
        return rule(Aggregation.ADVANTAGE, Map.of("a", 1., "b", 1.));
    }

    private static AdvantageRule rule(Aggregation aggregation, Map<String, Double> weights) {
        return AdvantageRule.of(
                new LossConfig(
                        LossConfig.Objective.CLIP,
                        1e-4,
                        1e-5,
                        LossConfig.Weighting.UNIFORM,
                        LossConfig.Reduction.MEAN,
                        LossConfig.OldLogProb.ROLLOUT,
                        0,
                        0,
                        LossConfig.Reference.NONE,
                        .01,
                        aggregation,
                        LossConfig.RewardWeights.NORMALISED,
                        LossConfig.Scope.GROUP,
                        0,
                        1e-8,
                        5),
                weights);
    }

    private static AdvantageRule within(Scope scope) {
        return new AdvantageRule(
                Aggregation.ADVANTAGE, Map.of("a", 1.), 0, scope, 1e-8, 5, Failure.MASKED, Arithmetic.DOUBLE);
    }

    private static AdvantageRule trimmed(double ratio) {
        return new AdvantageRule(
                Aggregation.ADVANTAGE, Map.of("a", 1.), ratio, Scope.GROUP, 1e-8, 5, Failure.MASKED, Arithmetic.DOUBLE);
    }

    private static double[][] advantages(AdvantageRule rule, double[][]... rewards) {
        Map<String, double[][]> named = new LinkedHashMap<>();
        for (int k = 0; k < rewards.length; k++) {
            named.put(k == 0 ? "a" : "b", rewards[k]);
        }
        return Advantages.withinGroups(named, rule).values();
    }

    private static double[] flat(double[][] values) {
        return Arrays.stream(values).flatMapToDouble(Arrays::stream).toArray();
    }

    private static double[][] random(long seed, int groups, int images) {
        Random random = new Random(seed);
        double[][] rewards = new double[groups][images];
        for (double[] group : rewards) {
            Arrays.setAll(group, i -> random.nextGaussian());
        }
        return rewards;
    }
}
