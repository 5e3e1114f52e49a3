package mixgrpo.trainer.advantage;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.DoubleStream;
import mixgrpo.trainer.config.LossConfig.Aggregation;

/**
 * How much better or worse than its group each image is: {@code (reward - mean) / (std + epsilon)}, with several rewards their
 * weighed sum (GRPO, arXiv 2402.03300; MixGRPO, arXiv 2507.21802).
 *
 * @param values [group][image], clamped
 */
public record Advantages(double[][] values) {

    /**
     * Normalises and combines rewards.
     *
     * @param rewards [group][image] for every reward that the rule weighs, by name; NaN where an image could not be scored. Groups may
     *     differ in size; rewards that the rule does not weigh are left aside
     * @throws IllegalArgumentException if a reward is missing, infinite or of another shape, or a group has fewer than two images
     */
    public static Advantages withinGroups(Map<String, double[][]> rewards, AdvantageRule rule) {
        double[][] first = rewards.get(rule.weights().keySet().iterator().next());
        rule.weights().keySet().forEach(name -> check(name, rewards.get(name), first));
        double[][] values = rule.aggregation() == Aggregation.ADVANTAGE
                ? sumOfScores(rewards, rule)
                : Scores.of(sumOfRewards(rewards, rule), rule);
        for (double[] group : values) {
            Arrays.setAll(group, i -> Math.max(-rule.clip(), Math.min(rule.clip(), group[i])));
        }
        return new Advantages(values);
    }

    private static double[][] sumOfScores(Map<String, double[][]> rewards, AdvantageRule rule) {
        double[][] sum = null;
        for (Map.Entry<String, Double> weighed : rule.weights().entrySet()) {
            double[][] scores = Scores.of(rewards.get(weighed.getKey()), rule);
            sum = plus(sum, weighed.getValue(), scores);
        }
        return sum;
    }

    /** NaN where one of the rewards is. */
    private static double[][] sumOfRewards(Map<String, double[][]> rewards, AdvantageRule rule) {
        double[][] sum = null;
        for (Map.Entry<String, Double> weighed : rule.weights().entrySet()) {
            sum = plus(sum, weighed.getValue(), rewards.get(weighed.getKey()));
        }
        return sum;
    }

    private static double[][] plus(double[][] sum, double weight, double[][] values) {
        double[][] result = new double[values.length][];
        for (int group = 0; group < values.length; group++) {
            double[] before = sum == null ? new double[values[group].length] : sum[group];
            double[] added = values[group];
            result[group] = new double[added.length];
            Arrays.setAll(result[group], i -> before[i] + weight * added[i]);
        }
        return result;
    }

    private static void check(String name, double[][] rewards, double[][] first) {
        if (rewards == null || rewards.length != first.length) {
            throw new IllegalArgumentException("reward '%s': expected rewards of %d groups, got %s"
                    .formatted(name, first == null ? 0 : first.length, rewards == null ? "none" : rewards.length));
        }
        for (int group = 0; group < rewards.length; group++) {
            if (rewards[group].length < 2 || rewards[group].length != first[group].length) {
                throw new IllegalArgumentException(
                        "reward '%s', group %d: expected a reward for each of %d images (rollout.images), got %d"
                                .formatted(name, group, Math.max(2, first[group].length), rewards[group].length));
            }
            if (Arrays.stream(rewards[group]).anyMatch(Double::isInfinite)) {
                throw new IllegalArgumentException(
                        "reward '%s', group %d: expected finite rewards, or NaN where there is none, got %s"
                                .formatted(name, group, Arrays.toString(rewards[group])));
            }
        }
    }

    /** The advantages of one group's images. */
    public double[] of(int group) {
        return values[group];
    }

    public double mean() {
        return all().average().orElse(0);
    }

    public double meanAbsolute() {
        return all().map(Math::abs).average().orElse(0);
    }

    public double maxAbsolute() {
        return all().map(Math::abs).max().orElse(0);
    }

    /** Share of groups that teach nothing: all their advantages are 0. */
    public double zeroGroups() {
        return Arrays.stream(values)
                .mapToDouble(group -> Arrays.stream(group).allMatch(value -> value == 0) ? 1 : 0)
                .average()
                .orElse(0);
    }

    private DoubleStream all() {
        return Arrays.stream(values).flatMapToDouble(Arrays::stream);
    }
}
