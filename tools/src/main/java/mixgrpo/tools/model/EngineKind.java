package mixgrpo.tools.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import mixgrpo.exporter.onnx.ElementType;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.models.Network;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineProbe;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.engine.OrtDevice;
import mixgrpo.runtime.engine.OrtEngine;
import mixgrpo.runtime.tensorrt.TensorRt;
import mixgrpo.tools.figures.Word;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.SyncConfig;

/** What this program has to run frozen networks, the fastest first. Whether this machine can is a question to {@link EngineProbe}. */
public enum EngineKind {
    /** TensorRT on an NVIDIA GPU; new weights are written into its plans. */
    TENSORRT(
            RolloutConfig.Engine.TENSORRT,
            Set.of(RolloutConfig.Precision.FP32, RolloutConfig.Precision.FP16, RolloutConfig.Precision.BF16),
            Set.of(SyncConfig.Mode.REFIT)) {
        @Override
        public String version() {
            return TensorRt.version();
        }

        @Override
        public String device() {
            return Gpu.name();
        }

        @Override
        public String driver() {
            return Gpu.driver();
        }

        @Override
        public OnnxOptions options() {
            return OnnxOptions.portable().withLayerNormOp();
        }

        @Override
        public Engine load(String name, OnnxModel model, Weights weights, SyncConfig.Mode mode) {
            return TensorRtPlans.load(name, model, weights);
        }
    },
    /** ONNX Runtime on an NVIDIA GPU; new weights are a new session. */
    ORT_CUDA(
            RolloutConfig.Engine.ORT_CUDA,
            Set.of(
                    RolloutConfig.Precision.FP32,
                    RolloutConfig.Precision.FP16), // a part of its operators has no bfloat16
            Set.of(SyncConfig.Mode.SESSION)) {
        @Override
        public String version() {
            return OrtEngine.version();
        }

        @Override
        public String device() {
            return Gpu.name();
        }

        @Override
        public String driver() {
            return Gpu.driver();
        }

        @Override
        public OnnxOptions options() {
            return OnnxOptions.portable();
        }

        @Override
        public Engine load(String name, OnnxModel model, Weights weights, SyncConfig.Mode mode) {
            return session(name, OrtDevice.cuda(EngineProbe.cudaDevice()), model, weights);
        }
    },
    /** ONNX Runtime on the CPU; new weights are a new session, or values of inputs. */
    ORT_CPU(
            RolloutConfig.Engine.ORT_CPU,
            Set.of(RolloutConfig.Precision.FP32, RolloutConfig.Precision.INT8),
            Set.of(SyncConfig.Mode.SESSION, SyncConfig.Mode.INPUTS)) {
        @Override
        public String version() {
            return OrtEngine.version();
        }

        @Override
        public String device() {
            return Processor.ofMachine().name();
        }

        @Override
        public String driver() {
            return "";
        }

        @Override
        public OnnxOptions options() {
            return OnnxOptions.ort();
        }

        @Override
        public int rowsAtOnce(int tokens, int most) {
            return Math.max(1, Math.min(most, TOKENS_AT_ONCE / tokens));
        }

        @Override
        public SyncConfig.Mode usualMode(RolloutConfig.Precision precision, long tokens) {
            // In 8-bit integers a session quantizes its weights once, inputs are quantized in every pass.
            return precision == RolloutConfig.Precision.FP32 && tokens <= TOKENS_FOR_A_SESSION
                    ? SyncConfig.Mode.INPUTS
                    : SyncConfig.Mode.SESSION;
        }

        @Override
        public Engine load(String name, OnnxModel model, Weights weights, SyncConfig.Mode mode) {
            if (mode != SyncConfig.Mode.INPUTS) {
                return session(name, OrtDevice.CPU, model, weights);
            } else if (!isFloat32(model)) {
                throw new IllegalArgumentException(
                        "%s: weights as inputs are float32, and this graph stores them otherwise; expected precision fp32 or int8, or another way of taking new weights"
                                .formatted(this));
            }
            return new OrtEngine(name, model.withInputs(), Map.of(), model.parameters(), weights);
        }
    };

    /**
     * Image tokens that a transformer on a CPU sees at once: what its layers hand on then stays in a core's caches. Measured with 5.2 million
     * parameters on one core of an AMD EPYC: with 64 tokens a picture, 24 or 12 pictures take 1.1 to 1.3 times as long as 8, with 256 tokens 1.2 times as long as 2;
     * a single one of 64 tokens takes 1.5 times as long.
     */
    private static final int TOKENS_AT_ONCE = 512;

    /**
     * Tokens between two exchanges up to which weights as inputs cost less than a session. Measured with 8.35 million parameters on one core of an AMD EPYC: a
     * session takes 0.49 s longer, and 960 tokens take 8 ms longer with weights as inputs, so they are even at 59,000; with 110 million
     * parameters sooner, and a session takes four times the memory.
     */
    private static final long TOKENS_FOR_A_SESSION = 50_000;

    private final RolloutConfig.Engine key;
    private final Set<RolloutConfig.Precision> precisions;
    private final Set<SyncConfig.Mode> syncModes;

    EngineKind(RolloutConfig.Engine key, Set<RolloutConfig.Precision> precisions, Set<SyncConfig.Mode> syncModes) {
        this.key = key;
        this.precisions = precisions;
        this.syncModes = syncModes;
    }

    private static boolean isFloat32(OnnxModel model) {
        return model.types().values().stream().allMatch(type -> type == ElementType.FLOAT);
    }

    /** An engine of ONNX Runtime whose weights are constants of its session. */
    private static Engine session(String name, OrtDevice device, OnnxModel model, Weights weights) {
        return isFloat32(model)
                ? new OrtEngine(
                        name, device, model.skeleton(), model.fixedParameters(), model.adapterParameters(), weights)
                : new OrtEngine(
                        name,
                        device,
                        model::withFixedWeights,
                        model.fixedParameters(),
                        model.adapterParameters(),
                        weights);
    }

    /**
     * The one that a configuration asks for; for {@code AUTO} the fastest of those that have its precision and take weights that way.
     *
     * @throws EngineUnavailableException if it cannot run here, saying what is missing
     * @throws IllegalArgumentException if it does not have the precision, or does not take weights that way
     */
    public static EngineKind of(RolloutConfig rollout, SyncConfig sync) {
        EngineKind kind = rollout.engine() == RolloutConfig.Engine.AUTO
                ? fastest(usable(probe()), rollout, sync)
                : asked("rollout.engine", rollout.engine());
        kind.refusal(rollout, sync).ifPresent(refusal -> {
            throw new IllegalArgumentException(refusal);
        });
        return kind;
    }

    /** Why it cannot do what a configuration asks for, on any machine; empty if it can. */
    private Optional<String> refusal(RolloutConfig rollout, SyncConfig sync) {
        if (!precisions.contains(rollout.precision())) {
            return Optional.of(unsupported("rollout.precision", precisions, rollout.precision()));
        }
        if (this == TENSORRT && rollout.usesCoarseNetwork()) {
            return Optional.of(
                    "rollout.odePrecision: expected fp32 on %s, which has no 8-bit layers, got int8".formatted(this));
        }
        return refusal("sync.mode", sync.mode());
    }

    private Optional<String> refusal(String setting, SyncConfig.Mode asked) {
        return takes(asked)
                ? Optional.empty()
                : Optional.of("%s; auto takes its own way".formatted(unsupported(setting, syncModes, asked)));
    }

    /** Whether it takes new weights that way. */
    public boolean takes(SyncConfig.Mode mode) {
        return mode == SyncConfig.Mode.AUTO || syncModes.contains(mode);
    }

    /**
     * How it takes new weights if it is asked for this; its usual way for {@code AUTO}.
     *
     * @param setting that asks for it
     * @throws IllegalArgumentException if it does not take them so, naming how it does
     */
    public SyncConfig.Mode mode(String setting, SyncConfig.Mode asked) {
        refusal(setting, asked).ifPresent(refusal -> {
            throw new IllegalArgumentException(refusal);
        });
        return asked == SyncConfig.Mode.AUTO ? usualMode() : asked;
    }

    /** How it takes new weights where nobody says it: in place if it can. */
    public SyncConfig.Mode usualMode() {
        return syncModes.contains(SyncConfig.Mode.REFIT) ? SyncConfig.Mode.REFIT : SyncConfig.Mode.SESSION;
    }

    /**
     * The same in a training run.
     *
     * @param precision of the engine
     * @param tokens that go through the network between two exchanges
     */
    public SyncConfig.Mode usualMode(RolloutConfig.Precision precision, long tokens) {
        return usualMode();
    }

    private <T extends Enum<T>> String unsupported(String setting, Set<T> supported, T asked) {
        return "%s: expected %s on %s, got %s".formatted(setting, names(supported), this, Word.of(asked));
    }

    private static <T extends Enum<T>> String names(Set<T> values) {
        return values.stream().map(Word::of).sorted().collect(Collectors.joining(" or "));
    }

    /**
     * The one of this name, or the fastest for {@code AUTO}.
     *
     * @param setting that asks for it
     * @throws EngineUnavailableException if it cannot run here, saying what is missing
     */
    public static EngineKind asked(String setting, RolloutConfig.Engine engine) {
        return engine == RolloutConfig.Engine.AUTO ? fastest() : asked(setting, engine, probe());
    }

    /**
     * The one of this name, or for {@code AUTO} the fastest of those that have the precision.
     *
     * @param setting that asks for it
     * @param precisionSetting that asks for the precision
     * @throws EngineUnavailableException if it cannot run here, saying what is missing
     * @throws IllegalArgumentException if it does not have the precision
     */
    public static EngineKind asked(
            String setting, RolloutConfig.Engine engine, String precisionSetting, RolloutConfig.Precision precision) {
        boolean any = engine == RolloutConfig.Engine.AUTO;
        EngineKind kind =
                any ? fastest(usable(probe()).and(one -> one.has(precision))) : asked(setting, engine, probe());
        if (!kind.has(precision)) {
            throw new IllegalArgumentException(kind.unsupported(precisionSetting, kind.precisions, precision)
                    + (any ? "; tools/doctor says what the other engines lack here" : ""));
        }
        return kind;
    }

    /**
     * The one of this name.
     *
     * @param setting that asks for it
     * @param engine not {@code AUTO}
     * @throws EngineUnavailableException if it cannot run here, saying what is missing
     */
    private static EngineKind asked(String setting, RolloutConfig.Engine engine, EngineProbe probe) {
        EngineProbe.Finding finding = finding(engine, probe);
        if (!finding.isUsable()) {
            throw new EngineUnavailableException("%s: %s cannot run here:%n  %s%nauto takes the fastest engine that can"
                    .formatted(setting, finding.engine(), String.join("%n  ".formatted(), finding.missing())));
        }
        return named(engine);
    }

    /** The one of this name, whether or not it can run here; the fastest that can for {@code AUTO}. */
    public static EngineKind named(RolloutConfig.Engine engine) {
        return engine == RolloutConfig.Engine.AUTO
                ? fastest()
                : Arrays.stream(values())
                        .filter(kind -> kind.key == engine)
                        .findFirst()
                        .orElseThrow();
    }

    /** What this machine has and lacks. */
    public static EngineProbe probe() {
        return EngineProbe.ofMachine(new EngineProbe.Starter(TensorRt.LIBRARY, TensorRt::failure));
    }

    /**
     * What this machine has and lacks of an engine.
     *
     * @param engine not {@code AUTO}
     */
    public static EngineProbe.Finding finding(RolloutConfig.Engine engine, EngineProbe probe) {
        return switch (engine) {
            case ORT_CPU -> probe.ortCpu();
            case ORT_CUDA -> probe.ortCuda();
            case TENSORRT -> probe.tensorRt();
            case AUTO -> throw new IllegalArgumentException("auto is a choice and no engine");
        };
    }

    /** The fastest one that this machine can run; found once. */
    public static EngineKind fastest() {
        return Fastest.KIND;
    }

    /** Looked for when it is needed first. */
    private static final class Fastest {
        private static final EngineKind KIND = fastest(probe());
    }

    /** Of these findings; {@code ort-cpu} if none can run, which then says why at its first use. */
    static EngineKind fastest(EngineProbe probe) {
        return fastest(usable(probe));
    }

    /** Of those that can run, have the precisions and take weights that way. */
    static EngineKind fastest(Predicate<EngineKind> usable, RolloutConfig rollout, SyncConfig sync) {
        return fastest(usable.and(one -> one.refusal(rollout, sync).isEmpty()));
    }

    private static Predicate<EngineKind> usable(EngineProbe probe) {
        return kind -> finding(kind.key, probe).isUsable();
    }

    /** Of those that suit. */
    private static EngineKind fastest(Predicate<EngineKind> suits) {
        return Arrays.stream(values())
                .filter(kind -> kind == ORT_CPU || suits.test(kind))
                .findFirst()
                .orElseThrow();
    }

    /** Whether it computes in this precision. */
    public boolean has(RolloutConfig.Precision precision) {
        return precisions.contains(precision);
    }

    /** Why {@code auto} takes none of the engines that are faster than the one that it takes: a sentence each, the fastest first. */
    public static List<String> passedOver(EngineProbe probe, RolloutConfig rollout, SyncConfig sync) {
        return passedOver(kind -> finding(kind.key, probe), rollout, sync);
    }

    static List<String> passedOver(
            Function<EngineKind, EngineProbe.Finding> findings, RolloutConfig rollout, SyncConfig sync) {
        List<String> reasons = new ArrayList<>();
        for (EngineKind kind : values()) {
            EngineProbe.Finding finding = findings.apply(kind);
            Optional<String> reason = finding.isUsable() ? kind.refusal(rollout, sync) : Optional.of(finding.reason());
            if (kind == ORT_CPU || reason.isEmpty()) {
                break;
            }
            reasons.add("%s: %s".formatted(kind, reason.get()));
        }
        return reasons;
    }

    /**
     * A network with a copy of these weights, as an engine of the caller. Adapters among the weights stay beside them, of the precision
     * that they have, and an update may bring them alone.
     *
     * @param name for messages
     * @param weights of the network, and low-rank adapters of scale 1 under the keys of {@link mixgrpo.models.lora.Lora}
     * @param precision of its layers
     * @param mode how it takes new weights, one of those that it knows
     */
    public Engine load(String name, Network network, Weights weights, Precision precision, SyncConfig.Mode mode) {
        OnnxOptions options = options().withPrecision(precision).withAdaptersOf(weights.shapes());
        return load(name, OnnxExport.of(network, options), weights, mode);
    }

    /** Version of the library that builds and runs it. */
    public abstract String version();

    /** What it runs on in this machine, by its maker's name. */
    public abstract String device();

    /** Version of the device's driver; empty where there is none. */
    public abstract String driver();

    /** How it likes graphs best. */
    public abstract OnnxOptions options();

    /**
     * Rows of a batch with which a transformer is fastest.
     *
     * @param tokens of a picture
     * @param most that there may be
     */
    public int rowsAtOnce(int tokens, int most) {
        return most;
    }

    /**
     * A graph with a copy of these weights, as an engine of the caller.
     *
     * @param name for messages
     * @param mode how it takes new weights, one of those that it knows
     */
    public abstract Engine load(String name, OnnxModel model, Weights weights, SyncConfig.Mode mode);

    /** The same for weights that are exchanged seldom or never. */
    public Engine load(String name, Network network, Weights weights, Precision precision) {
        return load(name, network, weights, precision, usualMode());
    }

    /** The same in float32. */
    public Engine load(String name, Network network, Weights weights) {
        return load(name, network, weights, Precision.FP32);
    }

    /** As in a configuration. */
    @Override
    public String toString() {
        return Word.of(key);
    }
}
