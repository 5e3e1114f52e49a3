package mixgrpo.tools.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.PolicyConfig;
import mixgrpo.trainer.config.TrainConfig;

/**
 * What a run needs of memory, by part, in bytes. An estimate: parameters are counted, activations are a measured multiple of the
 * tokens that a block sees.
 */
public record MemoryPlan(Map<String, Long> parts) {

    /** Float32 values that a block keeps for its backward pass, per token and channel (measured: 12.7 MB a row of the built-in policy). */
    private static final int KEPT_PER_BLOCK = 34;
    /** What is kept of a block that is computed again: what goes into it. */
    private static final int KEPT_RECOMPUTED = 3;
    /** Live at once in an engine, whose blocks share memory. */
    public static final int LIVE_IN_ENGINE = 24;
    /** JVM, native libraries, text encoder (measured). */
    public static final long FIXED = 500L << 20;

    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s*([0-9]+) kB");

    static MemoryPlan of(TrainConfig config, Architecture policy, FluxInputs inputs) {
        long weights = 4
                * policy.parameters().values().stream()
                        .mapToLong(shape -> Arrays.stream(shape).reduce(1, Math::multiplyExact))
                        .sum();
        int averages = config.optimizer().emaDecay() > 0 ? 1 : 0;
        boolean full = config.train().mode() == PolicyConfig.Mode.FULL;
        long perValue = 4L * (inputs.layout().tokens() + ImageModel.BUILT_IN_TEXT_LENGTH) * policy.width();
        int blocks = policy.blocks();
        int window = new Recipe(config).trainedPerImage();
        long latents =
                Math.min(2L * window, config.window().sizeIn(config.rollout().steps()) + 1L);
        int images = config.rollout().images();
        long shard = images / config.optimizer().minibatches();
        long trainedRows = config.rollout().sharedNoise() ? 1 + (window - 1) * shard : window * shard;
        long kept = config.train().recompute()
                ? KEPT_PER_BLOCK + (long) KEPT_RECOMPUTED * blocks
                : (long) KEPT_PER_BLOCK * blocks;
        long all = (long) config.prompts().perIteration() * images;
        Map<String, Long> parts = new LinkedHashMap<>();
        parts.put("policy, its gradient and optimizer", full ? weights * (4 + averages) : weights * 5 / 4);
        if (config.loss().reference() != LossConfig.Reference.NONE) {
            long velocities = 4 * all * window * inputs.elements();
            long activations = (long) images * window * LIVE_IN_ENGINE * perValue; // of a group at once
            parts.put("reference policy, its activations and velocities", weights + activations + velocities);
        }
        parts.put("engines (sampling and its successor, evaluation, each with a packed copy)", 4 * weights);
        if (config.rollout().usesCoarseNetwork()) {
            parts.put("engine in 8-bit integers and its successor", 2 * (weights + weights / 4));
        }
        parts.put("activations of a gradient (%d rows)".formatted(trainedRows), trainedRows * kept * perValue);
        parts.put("activations of an engine", config.rollout().batch() * (long) LIVE_IN_ENGINE * perValue);
        parts.put(
                "latents and pictures of an iteration (%d images)".formatted(all),
                4L
                        * all
                        * ((latents + 3) * inputs.elements()
                                + 3L
                                        * config.rollout().width()
                                        * config.rollout().height()));
        parts.put("Java, native libraries, text encoder", FIXED);
        return new MemoryPlan(parts);
    }

    long total() {
        return parts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Refuses a run that this machine has no memory for; see {@link #check(String)}. */
    void check() throws IOException {
        check(
                "smaller rollout.images, prompts.perIteration or rollout.batch, more optimizer.minibatches or train.recompute=true help");
    }

    /**
     * Refuses what this machine has no memory for.
     *
     * @param advice what would help
     * @throws IllegalArgumentException with the parts and what to change
     */
    public void check(String advice) throws IOException {
        Matcher available = AVAILABLE.matcher(Files.readString(MEMORY));
        if (!available.find()) {
            throw new IOException("%s: expected a line MemAvailable, got none".formatted(MEMORY));
        }
        long bytes = Long.parseLong(available.group(1)) * 1024;
        if (total() > bytes) {
            throw new IllegalArgumentException(
                    "memory: this run needs about %s, the machine has %s left; %s%n%s"
                            .formatted(gigabytes(total()), gigabytes(bytes), advice, text("  ")));
        }
    }

    /** One line a part. */
    public String text(String indent) {
        StringBuilder text = new StringBuilder();
        parts.forEach((part, bytes) -> text.append("%s%9s  %s%n".formatted(indent, gigabytes(bytes), part)));
        return text.append("%s%9s  in all".formatted(indent, gigabytes(total())))
                .toString();
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }
}
