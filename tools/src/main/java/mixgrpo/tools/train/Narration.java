package mixgrpo.tools.train;

import java.util.Locale;
import java.util.Map;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.RewardConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;

/** What a person who watches a run is told of its iterations: how far it is, and once what looks wrong. */
final class Narration {

    private final TrainConfig config;
    private final Display display;
    private boolean told;

    Narration(TrainConfig config, Display display) {
        this.config = config;
        this.display = display;
    }

    void tell(Measurements measurements) {
        display.update(measurements.iteration() + 1, remark(measurements));
        tellOfDeviation(measurements);
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

    /** Once: that the engine's log-probs are not the trainer's, and what is done about it. */
    private void tellOfDeviation(Measurements measurements) {
        double deviation = measurements.get(Metric.LOG_PROB_DEVIATION_MEAN).orElse(0);
        LossConfig loss = config.loss();
        if (told || deviation <= loss.deviationLimit() || loss.oldLogProb() == LossConfig.OldLogProb.RECOMPUTE) {
            return;
        }
        told = true;
        boolean recomputed = measurements.get(Metric.LOG_PROB_RECOMPUTED).orElse(0) == 1;
        display.say(String.format(
                Locale.ROOT,
                "%sthe engine's log-probs differ from the trainer's by %.1e on average, more than 5 %% of loss.clipRange %.1e; %s",
                recomputed ? "" : "warning: ",
                deviation,
                loss.clipRange(),
                recomputed
                        ? "in such iterations old log-probs are computed again in the trainer (loss.oldLogProb=auto)"
                        : "loss.oldLogProb=auto, or rollout.precision and train.precision fp32, help"));
    }
}
