package mixgrpo.tools.train;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.lora.Lora;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.EngineMemory;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.PolicyConfig;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.libtorch.TorchDevice;
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
    public static final int KEPT_PER_BLOCK = 34;
    /** What is kept of a block that is computed again: what goes into it. */
    public static final int KEPT_RECOMPUTED = 3;
    /** A program's context on a GPU with its kernels; assumed, not measured. */
    private static final long CONTEXT = 500L << 20;

    private final TrainConfig config;
    private final ImageModel model;
    private final TransformerInputs inputs;
    private final boolean trainsOnGpu;
    private final boolean samplesOnGpu;
    private final TorchDevice device;
    private final int textPositions;
    private final EngineMemory engine;
    private final Map<String, Long> machine = new LinkedHashMap<>();
    private final Map<String, Long> gpu = new LinkedHashMap<>();

    /**
     * @param engines what samples
     * @param device where the policy is trained
     */
    RunMemory(TrainConfig config, ImageModel model, TransformerInputs inputs, EngineKind engines, TorchDevice device) {
        this(config, model, inputs, engines != EngineKind.ORT_CPU, device.isGpu(), device);
    }

    /** As if the parts were where it says. */
    RunMemory(
            TrainConfig config,
            ImageModel model,
            TransformerInputs inputs,
            boolean samplesOnGpu,
            boolean trainsOnGpu,
            TorchDevice device) {
        this.config = config;
        this.model = model;
        this.inputs = inputs;
        this.samplesOnGpu = samplesOnGpu;
        this.trainsOnGpu = trainsOnGpu;
        this.device = device;
        textPositions = model.text().positions(PromptSets.textLength(config.prompts(), model.text()));
        engine = new EngineMemory(model, inputs.packing().tokens() + textPositions);
    }

    MemoryPlan plan() throws IOException {
        policy(trainsOnGpu ? gpu : machine, trainsOnGpu ? 1 : Workers.countOfProcess());
        rollout(samplesOnGpu ? gpu : machine);
        long encoders = engine.encoders();
        long contexts = (trainsOnGpu ? CONTEXT : 0) + (samplesOnGpu ? CONTEXT : 0);
        return new MemoryPlan(
                MemoryPlan.machine(samplesOnGpu ? 0 : encoders, machine),
                new MemoryPlace(samplesOnGpu ? encoders : 0, gpu, contexts, "contexts, kernels"),
                device.memory());
    }

    /** What is trained, and the passes of its gradient. */
    private void policy(Map<String, Long> parts, int workers) {
        PolicyConfig train = config.train();
        long weights = EngineMemory.bytes(model.architecture().parameters());
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
            long velocities = VALUE * all() * window * inputs.elements();
            long activations = (long) config.rollout().images()
                    * window
                    * EngineMemory.LIVE_IN_ENGINE
                    * engine.perValue(); // of a group at once
            parts.put("reference policy, its activations and velocities", weights + activations + velocities);
        }
        long shard = config.rollout().images() / config.optimizer().minibatches();
        long rows = config.rollout().sharedNoise() ? 1 + (window - 1) * shard : window * shard;
        int blocks = model.architecture().blocks();
        long kept =
                train.recompute() ? KEPT_PER_BLOCK + (long) KEPT_RECOMPUTED * blocks : (long) KEPT_PER_BLOCK * blocks;
        parts.put(
                "activations of a gradient (%d rows)%s".formatted(rows, each(workers)),
                workers * rows * kept * engine.perValue());
    }

    private static String each(int workers) {
        return workers > 1 ? ", %d workers".formatted(workers) : "";
    }

    /** Bytes of all adapters. */
    private long adapters() {
        PolicyConfig train = config.train();
        ScriptOptions options = new ScriptOptions(train.precision(), false, Optional.of(train.lora()));
        Map<String, long[]> shapes = new LinkedHashMap<>(
                TrainableNetwork.parameterShapes(model.architecture().network(), options));
        shapes.keySet().removeIf(key -> !Lora.isAdapter(key));
        return EngineMemory.bytes(shapes);
    }

    /** What samples. */
    private void rollout(Map<String, Long> parts) {
        RolloutConfig rollout = config.rollout();
        long weights = EngineMemory.bytes(model.architecture().parameters());
        if (samplesOnGpu) {
            parts.put("engines (sampling and its successor, or evaluation)", 2 * weights);
            machine.put("weights on their way to the GPU", weights);
        } else {
            parts.put(
                    "engines (sampling and its successor, or evaluation, each with a packed copy)",
                    2 * engine.transformer());
        }
        if (rollout.usesCoarseNetwork()) {
            parts.put("engine in 8-bit integers and its successor", 2 * (weights + weights / 4));
        }
        int workers = Workers.countOfProcess();
        parts.put("activations of an engine" + each(workers), workers * engine.pass(rollout.batch()));
        long pixels = (long) rollout.width() * rollout.height();
        long together = ImageModel.decodedTogether(rollout.width(), rollout.height());
        parts.put(
                "decoder (%d pictures at once)%s".formatted(together, each(workers)),
                engine.decoder(workers * together, rollout.width(), rollout.height()));
        long latents = Math.min(2L * window(), config.window().sizeIn(rollout.steps()) + 1L);
        long text = (long) config.prompts().perIteration()
                * textPositions
                * model.architecture().textChannels();
        machine.put(
                "latents, text and pictures of an iteration (%d images)".formatted(all()),
                VALUE * (all() * ((latents + 3) * inputs.elements() + 3 * pixels) + text));
    }

    private long all() {
        return (long) config.prompts().perIteration() * config.rollout().images();
    }

    private int window() {
        return new Recipe(config).trainedPerImage();
    }
}
