package mixgrpo.tools.train;

import java.util.Locale;
import java.util.Map;
import mixgrpo.trainer.config.RewardConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;

/** What a person who watches a run is told of its iterations: how far it is, and once what looks wrong. */
final class Narration {

    /** A deviation of the engine's log-probs beyond this share of the clip range is worth a warning. */
    private static final double DEVIATION_ALARM = .05;

    private final TrainConfig config;
    private final Display display;
    private boolean warned;

    Narration(TrainConfig config, Display display) {
        this.config = config;
        this.display = display;
    }

    void tell(Measurements measurements) {
        display.update(measurements.iteration() + 1, remark(measurements));
        warn(measurements);
    }

    private String remark(Measurements measurements) {
        StringBuilder remark = new StringBuilder();
        for (Map.Entry<String, RewardConfig> reward : config.rewards().entrySet()) {
            if (reward.getValue().train()) {
                remark.append("%s %.3f  "
                        .formatted(
                                reward.getKey(),
                                measurements
                                        .get(Metric.REWARD_MEAN.key(reward.getKey()))
                                        .orElse(Double.NaN)));
            }
        }
        return remark.append(String.format(
                        Locale.ROOT,
                        "window %.0f  %.1f s/it",
                        measurements.get(Metric.WINDOW_START).orElse(Double.NaN),
                        measurements.get(Metric.ITERATION_SECONDS).orElse(Double.NaN)))
                .toString();
    }

    private void warn(Measurements measurements) {
        double deviation = measurements.get(Metric.LOG_PROB_DEVIATION_MEAN).orElse(0);
        if (!warned && deviation > DEVIATION_ALARM * config.loss().clipRange()) {
            warned = true;
            display.say(String.format(
                    Locale.ROOT,
                    "warning: the engine's log-probs differ from the trainer's by %.1e on average, more than %.0f %% of loss.clipRange %.1e;"
                            + " train.precision=fp32 or loss.oldLogProb=recompute helps",
                    deviation,
                    100 * DEVIATION_ALARM,
                    config.loss().clipRange()));
        }
    }
}
