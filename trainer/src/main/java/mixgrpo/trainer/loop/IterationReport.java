package mixgrpo.trainer.loop;

import java.util.Arrays;
import java.util.List;
import mixgrpo.solvers.window.Window;
import mixgrpo.trainer.advantage.Advantages;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.policy.PassCounts;
import mixgrpo.trainer.policy.RatioStats;
import mixgrpo.trainer.policy.UpdateStats;

/**
 * What an iteration measured, by the fixed names of {@link Metric}.
 *
 * @param sampledByPolicy whether the engine had the policy's weights when it sampled, so that their log-probs can be compared
 */
record IterationReport(int iteration, Window window, double learningRate, boolean sampledByPolicy) {

    Measurements of(List<ScoredGroup> groups, Advantages advantages, UpdateStats stats, SyncStats synced) {
        Measurements measurements = new Measurements(iteration);
        ScoredGroup.rewards(groups).forEach((name, values) -> reward(measurements, name, values));
        measurements
                .put(Metric.ADVANTAGE_MEAN, advantages.mean())
                .put(Metric.ADVANTAGE_ABSOLUTE, advantages.meanAbsolute())
                .put(Metric.ADVANTAGE_MAX, advantages.maxAbsolute())
                .put(Metric.ADVANTAGE_ZERO_GROUPS, advantages.zeroGroups())
                .put(Metric.LEARNING_RATE, learningRate)
                .put(Metric.WINDOW_START, window.start())
                .put(Metric.WINDOW_SIZE, window.size());
        if (stats.updates() > 0) {
            updates(measurements, stats);
        }
        passes(measurements, stats.all().passes());
        if (synced.bytes() > 0) {
            measurements.put(Metric.SYNC_BYTES, synced.bytes());
        }
        synced.parity().ifPresent(parity -> measurements.put(Metric.SYNC_PARITY, parity));
        return measurements;
    }

    private void updates(Measurements measurements, UpdateStats stats) {
        RatioStats ratios = stats.all().ratios();
        measurements
                .put(Metric.RATIO_MEAN, ratios.ratio().mean())
                .put(Metric.RATIO_MAX, ratios.ratio().max())
                .put(Metric.RATIO_DEVIATION, ratios.deviation().mean())
                .put(Metric.LOSS, stats.all().loss() / stats.updates())
                .put(Metric.LOSS_KL, ratios.kl().mean())
                .put(Metric.CLIP_FRACTION, ratios.clipFraction())
                .put(Metric.GRADIENT_NORM, stats.gradientNorm())
                .put(Metric.LOG_PROB_RECOMPUTED, stats.recomputed() ? 1 : 0);
        if (stats.all().referenceKl().count() > 0) {
            measurements.put(Metric.LOSS_REFERENCE, stats.all().referenceKl().mean());
        }
        if (sampledByPolicy) {
            measurements
                    .put(Metric.LOG_PROB_DEVIATION_MEAN, stats.engineDeviation().mean())
                    .put(Metric.LOG_PROB_DEVIATION_MAX, stats.engineDeviation().max());
        }
    }

    /** Of an iteration without any update, too: there they say that everything was left out. */
    private static void passes(Measurements measurements, PassCounts passes) {
        measurements
                .put(Metric.TRAIN_PASSES, passes.forwards())
                .put(Metric.TRAIN_FORWARDS, passes.rows())
                .put(Metric.TRAIN_BACKWARDS, passes.backwardRows())
                .put(Metric.TRAIN_FLAT, passes.flatRows())
                .put(Metric.TRAIN_LEFT_OUT, passes.leftOut())
                .put(Metric.SKIPPED_BACKWARDS, passes.skippedShare());
    }

    private static void reward(Measurements measurements, String name, double[][] groups) {
        double[] scored = Arrays.stream(groups)
                .flatMapToDouble(Arrays::stream)
                .filter(value -> !Double.isNaN(value))
                .toArray();
        long all = Arrays.stream(groups).mapToInt(group -> group.length).sum();
        measurements.put(Metric.REWARD_FAILED, name, all - scored.length);
        measurements.put(
                Metric.REWARD_MEAN, name, Arrays.stream(scored).average().orElse(Double.NaN));
        measurements.put(
                Metric.REWARD_STD,
                name,
                Arrays.stream(groups)
                        .mapToDouble(IterationReport::deviation)
                        .average()
                        .orElse(Double.NaN));
    }

    private static double deviation(double[] group) {
        double[] scored =
                Arrays.stream(group).filter(value -> !Double.isNaN(value)).toArray();
        double mean = Arrays.stream(scored).average().orElse(0);
        double squares = Arrays.stream(scored)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return Math.sqrt(squares / Math.max(1, scored.length - 1));
    }
}
