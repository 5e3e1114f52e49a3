package mixgrpo.trainer.metrics;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Every number that an iteration reports, with its fixed name, its unit and what it tells. A {@code *} in a name stands for a reward
 * or a {@link Phase}.
 */
public enum Metric {
    REWARD_MEAN("reward.*.mean", "reward", "Mean over all pictures of the iteration; what training is to raise."),
    REWARD_STD(
            "reward.*.std",
            "reward",
            "Standard deviation within a prompt's pictures, mean over prompts. Without spread there is nothing to learn from."),
    REWARD_FAILED(
            "reward.*.failed",
            "pictures",
            "Pictures that the reward could not score; they are left out of its advantages."),
    EVALUATION_MEAN(
            "evaluate.*.mean",
            "reward",
            "Mean over prompts that are not trained on, drawn with the weights of this iteration."),
    ADVANTAGE_MEAN("advantage.mean", "1", "Mean of all advantages; near 0 as long as nothing is clamped."),
    ADVANTAGE_ABSOLUTE("advantage.absolute", "1", "Mean of their absolute values: how much signal the iteration has."),
    ADVANTAGE_MAX("advantage.max", "1", "Largest absolute advantage."),
    ADVANTAGE_ZERO_GROUPS(
            "advantage.zeroGroups",
            "share",
            "Share of prompts whose pictures are all rewarded alike; these teach nothing."),
    RATIO_MEAN(
            "ratio.mean",
            "1",
            "Mean of exp(log-prob now - log-prob at sampling) over pictures and steps of the window."),
    RATIO_MAX("ratio.max", "1", "The largest such ratio."),
    RATIO_DEVIATION(
            "ratio.deviation",
            "1",
            "Mean distance of the ratio from 1: how far the iteration's updates have moved the policy."),
    LOG_PROB_DEVIATION_MEAN(
            "logProb.deviationMean",
            "nats per element",
            "Mean distance between the engine's and the trainer's log-prob for the same weights, before the first update. Should stay"
                    + " below 5 % of loss.clipRange."),
    LOG_PROB_DEVIATION_MAX("logProb.deviationMax", "nats per element", "The largest such distance."),
    LOG_PROB_RECOMPUTED(
            "logProb.recomputed",
            "0 or 1",
            "Whether the old log-probs of the ratios are the trainer's (loss.oldLogProb recompute, or auto where the engine's lie too far"
                    + " off) and not the engine's."),
    SYNC_BYTES(
            "sync.bytes",
            "bytes",
            "Weights that the engine was sent after the iteration's updates, in float32; only in iterations with a sync (sync.every)."),
    SYNC_PARITY(
            "sync.parity",
            "share",
            "Distance between the engine's and the trainer's velocity at one sampled latent after the sync, as a share of its length. Rounding"
                    + " leaves 1e-6 to 1e-5 in fp32; beyond 1e-3 (0.2 with train.precision=bf16) the run stops."),
    LOSS("loss.mean", "1", "Mean of the clipped objective, lower is better; comparable only within an iteration."),
    LOSS_KL(
            "loss.kl",
            "nats squared",
            "Mean of half the squared difference between new and old log-prob, before its coefficient."),
    LOSS_REFERENCE(
            "loss.referenceDistance",
            "1",
            "Mean distance from the weights that the run began with, as loss.reference measures it, before its coefficient."),
    CLIP_FRACTION(
            "loss.clipFraction",
            "share",
            "Share of pictures and steps whose ratio lies outside of the clip range on the clipped side."),
    GRADIENT_NORM(
            "gradient.norm",
            "1",
            "Norm of all gradients before they are scaled down, mean over the iteration's updates."),
    LEARNING_RATE("optimizer.learningRate", "1", "Learning rate of the iteration's updates."),
    WINDOW_START("window.start", "step", "First step that runs as SDE and is trained, counted from noise."),
    WINDOW_SIZE("window.size", "steps", "Steps in the window."),
    NFE(
            "rollout.nfe",
            "calls per picture",
            "Calls of the policy per picture; steps shared by a prompt's pictures count for each its part."),
    TRAIN_PASSES("train.passes", "passes", "Forward passes for gradients; one takes a prompt's part of an update."),
    TRAIN_FORWARDS(
            "train.forwards",
            "latents",
            "Latents that went forward through the policy for gradients; what a prompt's pictures share counts once a minibatch."),
    TRAIN_BACKWARDS("train.backwards", "latents", "How many of them went backward too."),
    TRAIN_FLAT(
            "train.flat",
            "latents",
            "How many of those that went backward have a gradient that is exactly zero, their pictures being clipped. A prompt's part of an"
                    + " update goes forward as one batch, and a backward pass cannot leave rows of its batch out."),
    TRAIN_LEFT_OUT(
            "train.leftOut",
            "pictures",
            "Pictures that an update left out before the forward pass, because their advantage is exactly zero. Where that is all of them, the update is not made."),
    SKIPPED_BACKWARDS(
            "train.skippedBackwards",
            "share",
            "Share of backward passes left out because every gradient of the batch is exactly zero, or the batch is empty; 1 in an iteration without any update."),
    SECONDS("seconds.*", "s", "Wall time of the phase.", false),
    SHARE("share.*", "share", "The phase's share of the iteration's wall time.", false),
    ITERATION_SECONDS("seconds.iteration", "s", "Wall time of the whole iteration.", false),
    ELAPSED_SECONDS(
            "seconds.elapsed",
            "s",
            "Wall time of all the run's processes so far; a killed one counts up to the last line that it wrote.",
            false),
    IMAGES_PER_SECOND(
            "rollout.imagesPerSecond",
            "pictures/s",
            "Pictures sampled, decoded and scored per second of those phases.",
            false),
    MEMORY_PEAK("memory.peakBytes", "bytes", "Largest resident memory of the process so far.", false),
    MEMORY_DEVICE(
            "memory.deviceBytes",
            "bytes",
            "Memory of the GPU that all programs use after the iteration; only if the policy is trained on one.",
            false);

    private final String key;
    private final String unit;
    private final String meaning;
    private final boolean reproducible;
    private final Pattern pattern;

    Metric(String key, String unit, String meaning) {
        this(key, unit, meaning, true);
    }

    Metric(String key, String unit, String meaning, boolean reproducible) {
        this.key = key;
        this.unit = unit;
        this.meaning = meaning;
        this.reproducible = reproducible;
        pattern = Pattern.compile(key.replace(".", "\\.").replace("*", "[\\w-]+"));
    }

    /** Its fixed name in {@code metrics.jsonl}. */
    public String key() {
        return key;
    }

    /** Its name for one reward or phase. */
    public String key(String of) {
        if (!key.contains("*")) {
            throw new IllegalArgumentException("metric %s is not one of several, got '%s'".formatted(key, of));
        }
        return key.replace("*", of);
    }

    public String unit() {
        return unit;
    }

    /** What it tells, in a sentence. */
    public String meaning() {
        return meaning;
    }

    /** Whether the same seed gives the same value again; times and memory do not. */
    public boolean reproducible() {
        return reproducible;
    }

    /** The metric that a name in {@code metrics.jsonl} belongs to; empty for names of another version. */
    public static Optional<Metric> of(String name) {
        Optional<Metric> exact = Arrays.stream(values())
                .filter(metric -> metric.key.equals(name))
                .findFirst();
        return exact.isPresent()
                ? exact
                : Arrays.stream(values())
                        .filter(metric -> metric.pattern.matcher(name).matches())
                        .findFirst();
    }
}
