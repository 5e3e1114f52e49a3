package mixgrpo.tools.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mixgrpo.models.lora.Lora;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.EngineMemory;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.VaeTiling;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.PolicyConfig;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/**
 * What a run needs of memory, in bytes. An estimate: parameters are counted, activations are a measured multiple of the tokens that a
 * block sees, or of a picture's pixels.
 *
 * @param encoders text encoders of the model's folder, which are closed before the rest is made
 * @param parts of the rest
 */
public record MemoryPlan(long encoders, Map<String, Long> parts) {

    /** Bytes of a float32. */
    private static final long VALUE = Float.BYTES;
    /** Float32 values that a block keeps for its backward pass, per token and channel (measured: 12.7 MB a row of the built-in policy). */
    public static final int KEPT_PER_BLOCK = 34;
    /**
     * What training adds to the JVM and its libraries: libtorch with its caches and the heap of a run. Measured: the quickstart's peak is
     * 1.2 GB with one worker and 1.4 GB with two, 0.3 and 0.4 GB of which are other parts here and {@link EngineMemory#FIXED} more.
     */
    private static final long TRAINER = 600_000_000;
    /** What is kept of a block that is computed again: what goes into it. */
    public static final int KEPT_RECOMPUTED = 3;

    private static final String ADVICE =
            "smaller rollout.images, prompts.perIteration or rollout.batch, more optimizer.minibatches, train.recompute=true or train.mode=lora help";

    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s*([0-9]+) kB");

    /** The sizes that the parts are made of. */
    private record Sizes(TrainConfig config, EngineMemory engine, int elements, int textPositions) {

        Architecture architecture() {
            return engine.architecture();
        }

        /** As many as the command will have, whether it has begun or is only planned. */
        int workers() {
            return Workers.countFor(config.prompts().perIteration());
        }

        /** A float32 for every token and channel, which is what the trainer keeps. */
        long perValue() {
            return VALUE * engine.tokens() * architecture().width();
        }

        int images() {
            return config.rollout().images();
        }

        long all() {
            return (long) config.prompts().perIteration() * images();
        }

        int window() {
            return new Recipe(config).trainedPerImage();
        }
    }

    static MemoryPlan of(TrainConfig config, ImageModel model, TransformerInputs inputs) throws IOException {
        int textPositions = model.text().positions(PromptSets.textLength(config.prompts(), model.text()));
        EngineMemory engine = EngineMemory.of(model, inputs.packing().tokens() + textPositions);
        return of(config, engine, inputs.elements(), textPositions);
    }

    /**
     * What a run needs with these engines.
     *
     * @param elements of a picture's latents
     * @param textPositions of a prompt's embedding
     */
    public static MemoryPlan of(TrainConfig config, EngineMemory engine, int elements, int textPositions) {
        Sizes sizes = new Sizes(config, engine, elements, textPositions);
        Map<String, Long> parts = new LinkedHashMap<>();
        policy(sizes, parts);
        rollout(sizes, parts);
        parts.put("Java, native libraries", EngineMemory.FIXED + TRAINER);
        return new MemoryPlan(sizes.engine().encoders(), parts);
    }

    /** What is trained, and the passes of its gradient. */
    private static void policy(Sizes sizes, Map<String, Long> parts) {
        TrainConfig config = sizes.config();
        PolicyConfig train = config.train();
        long weights = EngineMemory.bytes(sizes.architecture().parameters());
        boolean lora = train.mode() == PolicyConfig.Mode.LORA;
        long frozen = lora ? weights : 0;
        long trained = lora ? adapters(sizes) : weights;
        int copies = config.optimizer().emaDecay() > 0 ? 5 : 4; // itself, gradient, two moments, average
        parts.put("policy, its gradient and optimizer", frozen + trained * copies);
        int workers = sizes.workers();
        if (workers > 1) {
            parts.put("gradients of %d workers".formatted(workers), workers * trained);
        }
        int window = sizes.window();
        if (config.loss().reference() != LossConfig.Reference.NONE) {
            long velocities = VALUE * sizes.all() * window * sizes.elements();
            long activations = (long) sizes.images()
                    * window
                    * EngineMemory.LIVE_IN_ENGINE
                    * sizes.perValue(); // of a group at once
            parts.put("reference policy, its activations and velocities", weights + activations + velocities);
        }
        long shard = sizes.images() / config.optimizer().minibatches();
        long rows = config.rollout().sharedNoise() ? 1 + (window - 1) * shard : window * shard;
        int blocks = sizes.architecture().blocks();
        long kept =
                train.recompute() ? KEPT_PER_BLOCK + (long) KEPT_RECOMPUTED * blocks : (long) KEPT_PER_BLOCK * blocks;
        parts.put(
                "activations of a gradient (%d rows)%s".formatted(rows, each(workers)),
                workers * rows * kept * sizes.perValue());
    }

    private static String each(int workers) {
        return workers > 1 ? ", %d workers".formatted(workers) : "";
    }

    /** Bytes of all adapters. */
    private static long adapters(Sizes sizes) {
        PolicyConfig train = sizes.config().train();
        ScriptOptions options = new ScriptOptions(train.precision(), false, Optional.of(train.lora()));
        Map<String, long[]> shapes = new LinkedHashMap<>(
                TrainableNetwork.parameterShapes(sizes.architecture().network(), options));
        shapes.keySet().removeIf(key -> !Lora.isAdapter(key));
        return EngineMemory.bytes(shapes);
    }

    /** What samples. */
    private static void rollout(Sizes sizes, Map<String, Long> parts) {
        RolloutConfig rollout = sizes.config().rollout();
        long weights = EngineMemory.bytes(sizes.architecture().parameters());
        parts.put(
                "engines (sampling and its successor, or evaluation, each with a packed copy)",
                2 * sizes.engine().transformer());
        if (rollout.usesCoarseNetwork()) {
            parts.put("engine in 8-bit integers and its successor", 2 * (weights + weights / 4));
        }
        int workers = sizes.workers();
        parts.put(
                "activations of an engine" + each(workers),
                workers * sizes.engine().pass(rollout.batch()));
        long pixels = (long) rollout.width() * rollout.height();
        long together = ImageModel.decodedTogether(rollout.width(), rollout.height());
        parts.put(
                "decoder (%d pictures at once)%s".formatted(together, each(workers)),
                sizes.engine().decoder(workers * together, rollout.width(), rollout.height(), VaeTiling.AUTO));
        long latents = Math.min(2L * sizes.window(), sizes.config().window().sizeIn(rollout.steps()) + 1L);
        long text = (long) sizes.config().prompts().perIteration()
                * sizes.textPositions()
                * sizes.architecture().textChannels();
        parts.put(
                "latents, text and pictures of an iteration (%d images)".formatted(sizes.all()),
                VALUE * (sizes.all() * ((latents + 3) * sizes.elements() + 3 * pixels) + text));
    }

    /** The most that is needed at a time. */
    public long total() {
        long rest = parts.values().stream().mapToLong(Long::longValue).sum();
        return Math.max(rest, encoders + EngineMemory.FIXED);
    }

    /** Refuses a run that this machine has no memory for; see {@link #check(String)}. */
    void check() throws IOException {
        check(ADVICE);
    }

    /**
     * Refuses what this machine has no memory for.
     *
     * @param advice what would help
     * @throws IllegalArgumentException with the parts and what to change
     */
    public void check(String advice) throws IOException {
        Optional<String> refusal = refusal(advice);
        if (refusal.isPresent()) {
            throw new IllegalArgumentException(refusal.get());
        }
    }

    /** Why a run is refused here, if it is: for whoever plans one for another machine. */
    Optional<String> refusal() throws IOException {
        return refusal(ADVICE);
    }

    private Optional<String> refusal(String advice) throws IOException {
        Matcher available = AVAILABLE.matcher(Files.readString(MEMORY));
        if (!available.find()) {
            throw new IOException("%s: expected a line MemAvailable, got none".formatted(MEMORY));
        }
        long bytes = Long.parseLong(available.group(1)) * 1024;
        return total() <= bytes
                ? Optional.empty()
                : Optional.of("memory: this run needs about %s, the machine has %s left; %s%n%s"
                        .formatted(gigabytes(total()), gigabytes(bytes), advice, text("  ")));
    }

    /** One line a part. */
    public String text(String indent) {
        StringBuilder text = new StringBuilder();
        if (encoders > 0) {
            text.append(
                    "%s%9s  text encoders, closed before the rest is made%n".formatted(indent, gigabytes(encoders)));
        }
        parts.forEach((part, bytes) -> text.append("%s%9s  %s%n".formatted(indent, gigabytes(bytes), part)));
        return text.append("%s%9s  in all".formatted(indent, gigabytes(total())))
                .toString();
    }

    static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f MB", bytes / 1e6);
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }
}
