package mixgrpo.tools.train;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.lora.Lora;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.tools.model.Architecture;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.EngineMemory;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.VaeTiling;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.PolicyConfig;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.libtorch.TorchDevice;
import mixgrpo.trainer.loss.PolicyLoss;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/**
 * Estimates what a training run needs of memory, side by side: policy, gradients, optimizer, engines. Parameters are counted, activations are
 * a measured multiple of the tokens that a block sees, or of a picture's pixels; on a GPU they are taken to be the same.
 */
public final class RunMemory {

    /** Bytes of a float32. */
    private static final long VALUE = Float.BYTES;
    /** Float32 values that a block keeps for its backward pass, per token and channel (measured: 12.7 MB a row of the built-in policy). */
    private static final int KEPT_PER_BLOCK = 34;
    /** What is kept of a block that is computed again: what goes into it. */
    private static final int KEPT_RECOMPUTED = 3;
    /** A program's context on a GPU with its kernels; assumed, not measured. */
    private static final long CONTEXT = 500L << 20;

    /**
     * What training adds to the JVM and its libraries: libtorch with its caches and the heap of a run. Measured: the quickstart's peak is
     * 0.9 GB with one worker and 1.1 GB with two, 0.2 and 0.3 GB of which are other parts here and {@link EngineMemory#FIXED} more.
     */
    private static final long TRAINER = 420_000_000;

    private final TrainConfig config;
    private final EngineMemory engine;
    private final int elements;
    private final int textPositions;
    private final EngineKind engines;
    private final boolean trainsOnGpu;
    private final TorchDevice device;
    private final int workers;
    private final Map<String, Long> machine = new LinkedHashMap<>();
    private final Map<String, Long> gpu = new LinkedHashMap<>();
    private long arrays;
    private long velocities;

    /**
     * @param engines what samples
     * @param device where the policy is trained
     */
    RunMemory(TrainConfig config, ImageModel model, TransformerInputs inputs, EngineKind engines, TorchDevice device)
            throws IOException {
        this(config, model, inputs, engines, device.isGpu(), device);
    }

    /** As if the policy were where it says. */
    RunMemory(
            TrainConfig config,
            ImageModel model,
            TransformerInputs inputs,
            EngineKind engines,
            boolean trainsOnGpu,
            TorchDevice device)
            throws IOException {
        this(
                config,
                EngineMemory.of(model, inputs.packing().tokens() + textPositions(config, model)),
                inputs.elements(),
                textPositions(config, model),
                engines,
                trainsOnGpu,
                device);
    }

    private RunMemory(
            TrainConfig config,
            EngineMemory engine,
            int elements,
            int textPositions,
            EngineKind engines,
            boolean trainsOnGpu,
            TorchDevice device) {
        this.config = config;
        this.engine = engine;
        this.elements = elements;
        this.textPositions = textPositions;
        this.engines = engines;
        this.trainsOnGpu = trainsOnGpu;
        this.device = device;
        workers = Workers.countFor(config.prompts().perIteration()); // as many as the command will have
    }

    private static int textPositions(TrainConfig config, ImageModel model) {
        return model.text().positions(PromptSets.textLength(config.prompts(), model.text()));
    }

    /**
     * What a run on a CPU needs with these engines.
     *
     * @param elements of a picture's latents
     * @param textPositions of a prompt's embedding
     */
    public static MemoryPlan onCpu(TrainConfig config, EngineMemory engine, int elements, int textPositions) {
        return new RunMemory(config, engine, elements, textPositions, EngineKind.ORT_CPU, false, TorchDevice.CPU)
                .plan();
    }

    MemoryPlan plan() {
        policy(trainsOnGpu ? gpu : machine, trainsOnGpu ? 1 : workers);
        boolean samplesOnGpu = engines != EngineKind.ORT_CPU;
        Map<String, Long> place = samplesOnGpu ? gpu : machine;
        engines(place);
        passes(place);
        long encoders = engine.encoders();
        long contexts = (trainsOnGpu ? CONTEXT : 0) + (samplesOnGpu ? CONTEXT : 0);
        return new MemoryPlan(
                new MemoryPlace(samplesOnGpu ? 0 : encoders, machine, EngineMemory.FIXED + TRAINER, MemoryPlace.FIXED),
                new MemoryPlace(samplesOnGpu ? encoders : 0, gpu, contexts, "contexts, kernels"),
                device.memory(),
                arrays + velocities);
    }

    private Architecture architecture() {
        return engine.architecture();
    }

    /** A float32 for every token and channel, which is what the trainer keeps. */
    private long perValue() {
        return VALUE * engine.tokens() * architecture().width();
    }

    /** What is trained, and the passes of its gradient. */
    private void policy(Map<String, Long> parts, int workers) {
        PolicyConfig train = config.train();
        long weights = EngineMemory.bytes(architecture().parameters());
        boolean lora = train.mode() == PolicyConfig.Mode.LORA;
        long frozen = lora ? weights : 0;
        long trained = lora ? adapters() : weights;
        int copies = config.optimizer().emaDecay() > 0 ? 5 : 4; // itself, gradient, two moments, average
        parts.put("policy, its gradient and optimizer", frozen + trained * copies);
        if (workers > 1) {
            parts.put("gradients of %d workers".formatted(workers), workers * trained);
        }
        int window = window();
        if (config.loss().reference() != LossConfig.Reference.NONE) {
            parts.put("reference policy", weights);
        }
        int kinds = velocitiesKept();
        if (kinds > 0) {
            // What other policies are asked goes through them in batches of a gradient's rows, before one is taken.
            velocities = VALUE * kinds * all() * window * elements;
            machine.put("velocities of other policies", velocities);
        }
        long shard = config.rollout().images() / config.optimizer().minibatches();
        long rows = config.rollout().sharedNoise() ? 1 + (window - 1) * shard : window * shard;
        int blocks = architecture().blocks();
        long kept =
                train.recompute() ? KEPT_PER_BLOCK + (long) KEPT_RECOMPUTED * blocks : (long) KEPT_PER_BLOCK * blocks;
        parts.put(
                "activations of a gradient (%d at once)%s".formatted(rows, each(workers)),
                workers * rows * kept * perValue());
    }

    /** Policies whose velocities of an iteration are kept: the reference and, where the objective looks at its means, the old one. */
    private int velocitiesKept() {
        LossConfig loss = config.loss();
        return (loss.reference() == LossConfig.Reference.NONE ? 0 : 1)
                + (PolicyLoss.of(loss).objective().needsMeans() ? 1 : 0);
    }

    private static String each(int workers) {
        return workers > 1 ? ", %d workers".formatted(workers) : "";
    }

    /** Bytes of all adapters. */
    private long adapters() {
        PolicyConfig train = config.train();
        ScriptOptions options = new ScriptOptions(train.precision(), false, Optional.of(train.lora()));
        Map<String, long[]> shapes = new LinkedHashMap<>(
                TrainableNetwork.parameterShapes(architecture().network(), options));
        shapes.keySet().removeIf(key -> !Lora.isAdapter(key));
        return EngineMemory.bytes(shapes);
    }

    /** The weights of what samples and of what draws for measurements, and what an exchange needs beside them. */
    private void engines(Map<String, Long> parts) {
        RolloutConfig rollout = config.rollout();
        long weights = engine.weights();
        boolean half = rollout.precision() == RolloutConfig.Precision.FP16
                || rollout.precision() == RolloutConfig.Precision.BF16;
        long stored = half ? weights / 2 : weights;
        switch (engines) {
            case TENSORRT -> {
                parts.put("plans (sampling and measuring), refitted in place", 2 * stored);
                machine.put("weights of both plans in mapped files, and of a refit", 3 * stored);
            }
            case ORT_CUDA -> {
                parts.put("engines (sampling, measuring and a successor)", 3 * stored);
                // A graph with weights in 16 bits holds them itself: as a file, and as it is read.
                machine.put("weights on their way to the GPU", half ? 2 * stored : stored);
            }
            case ORT_CPU -> {
                if (rollout.precision() == RolloutConfig.Precision.INT8) {
                    parts.put("engine in 8-bit integers", engine.quantized());
                    // They are exchanged one after the other.
                    parts.put("engine (measuring, and a successor, with packed copies)", 2 * engine.transformer());
                } else {
                    boolean inputs = config.sync().mode() == SyncConfig.Mode.INPUTS; // no packed copy, no successor
                    parts.put(
                            "engines (sampling, measuring and a successor, with packed copies)",
                            inputs ? weights + 2 * engine.transformer() : 3 * engine.transformer());
                }
            }
        }
        if (rollout.usesCoarseNetwork()) {
            parts.put("engine in 8-bit integers", engine.quantized()); // exchanged when the others are not
        }
    }

    /** What goes through the engines. */
    private void passes(Map<String, Long> parts) {
        RolloutConfig rollout = config.rollout();
        int imageTokens = engine.tokens() - textPositions;
        int rows = engines.rowsAtOnce(imageTokens, rollout.batch());
        parts.put(
                "activations of an engine (%d at once)%s".formatted(rows, each(workers)), workers * engine.pass(rows));
        long pixels = (long) rollout.width() * rollout.height();
        long together = ImageModel.decodedTogether(rollout.width(), rollout.height());
        parts.put(
                "decoder (%d at once)%s".formatted(together, each(workers)),
                engine.decoder(workers * together, rollout.width(), rollout.height(), VaeTiling.AUTO));
        long latents = Math.min(2L * window(), config.window().sizeIn(rollout.steps()) + 1L);
        long text = (long) config.prompts().perIteration()
                * textPositions
                * architecture().textChannels();
        arrays = VALUE * (all() * ((latents + 3) * elements + 3 * pixels) + text);
        machine.put("latents, text and pictures of an iteration (%d images)".formatted(all()), arrays);
    }

    private long all() {
        return (long) config.prompts().perIteration() * config.rollout().images();
    }

    private int window() {
        return new Recipe(config).trainedPerImage();
    }
}
