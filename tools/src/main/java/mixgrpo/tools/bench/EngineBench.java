package mixgrpo.tools.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.exporter.verify.Difference;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.tools.export.ProbeInputs;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.FluxArchitecture;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.eager.EagerNetwork;
import mixgrpo.trainer.libtorch.DeviceChoice;
import mixgrpo.trainer.libtorch.TorchDevice;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.pretrain.Initialization;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/**
 * Measures engines on a policy of 6 joint blocks of width 192: passes beside libtorch's in the same process, in turn, and how long new weights
 * take. A pass begins and ends with plain arrays. An engine on a GPU is measured beside libtorch on that GPU if this build has one for it, and by the clock;
 * one on the CPU by processor time, which other programs disturb least. Weights are random.
 */
public final class EngineBench {

    static final String FP32 = "engine, fp32";
    static final String INT8 = "engine, int8";
    static final String INPUTS = "engine, fp32, weights as inputs";
    static final String EAGER = "libtorch, operation by operation";
    static final String SCRIPT = "libtorch, TorchScript";

    static final FluxConfig SMALL = new FluxConfig(16, 16, 6, 0, 32, 6, 384, 384, false, List.of(8, 12, 12));
    static final FluxConfig LARGE = new FluxConfig(16, 16, 5, 0, 32, 24, 384, 384, false, List.of(8, 12, 12));
    private static final LatentPacking PACKING = new LatentPacking(4, 16, 16);
    private static final int TEXT_TOKENS = 16;
    private static final long SEED = 1;

    private final EngineBenchPlan plan;
    private final EngineKind kind;
    private final TorchDevice device;

    /**
     * @param kind that is measured; its int8, too, on the CPU, and weights as inputs if it takes them
     * @param device of libtorch
     */
    public EngineBench(EngineBenchPlan plan, EngineKind kind, TorchDevice device) {
        this.plan = plan;
        this.kind = kind;
        this.device = device;
    }

    /** Where libtorch is compared with an engine: on its GPU if this build and machine can, else on the CPU. */
    public static TorchDevice beside(EngineKind kind) {
        return TorchDevice.of(kind == EngineKind.ORT_CPU ? DeviceChoice.CPU : DeviceChoice.AUTO);
    }

    /**
     * @param progress told what is at hand
     * @throws IOException if the system does not tell how much memory exchanges take
     */
    public EngineFigures measure(Consumer<String> progress) throws IOException {
        progress.accept("passes");
        Network network = FluxTransformer.of(SMALL);
        Weights weights = weights(network, SEED);
        EngineFigures.Passes passes = passes(network, weights);
        List<SyncFigures> syncs = new ArrayList<>();
        for (boolean large : plan.large() ? List.of(false, true) : List.of(false)) {
            for (SyncConfig.Mode mode : modes()) {
                progress.accept("new weights, %s%s".formatted(Word.of(mode), large ? ", large" : ""));
                SyncBenchPlan exchanges = new SyncBenchPlan(Precision.FP32, mode, plan.repeat(), large);
                syncs.add(new SyncBench(exchanges, kind, device).measure(done -> {}));
            }
        }
        return new EngineFigures(
                kind.toString(),
                device.toString(),
                plan.threads(),
                plan.batch(),
                PACKING.tokens(),
                TEXT_TOKENS,
                elements(weights),
                plan.repeat(),
                passes,
                syncs);
    }

    private List<SyncConfig.Mode> modes() {
        return takesInputs() ? List.of(kind.usualMode(), SyncConfig.Mode.INPUTS) : List.of(kind.usualMode());
    }

    static Weights weights(Network network, long seed) {
        return new Initialization(Inventory.parameters(network), key -> false, seed);
    }

    static long elements(Weights weights) {
        return weights.shapes().values().stream().mapToLong(Array::elements).sum();
    }

    private EngineFigures.Passes passes(Network network, Weights weights) {
        Map<String, Array> batch = batch(SMALL, plan.batch());
        Map<String, EngineRun> runs = new LinkedHashMap<>();
        try (OpenResources open = new OpenResources();
                EagerNetwork eager = EagerNetwork.holding(network, weights, device);
                TrainableNetwork script = new TrainableNetwork(network, weights, ScriptOptions.plain(), device)) {
            runs.put(FP32, run(open, network, weights, Precision.FP32, kind.usualMode(), batch));
            if (kind == EngineKind.ORT_CPU) {
                runs.put(INT8, run(open, network, weights, Precision.INT8, kind.usualMode(), batch));
            }
            if (takesInputs()) {
                runs.put(INPUTS, run(open, network, weights, Precision.FP32, SyncConfig.Mode.INPUTS, batch));
            }
            Map<String, Probe> probes = new LinkedHashMap<>();
            runs.forEach((name, run) -> probes.put(name, new Probe(() -> pass(run, batch))));
            probes.put(EAGER, new Probe(() -> eager.run(batch)));
            probes.put(SCRIPT, new Probe(() -> script.infer(batch)));
            for (int i = 0; i <= plan.repeat(); i++) {
                probes.values().forEach(Probe::sample);
            }
            Double int8Error = runs.containsKey(INT8)
                    ? Difference.of(velocity(runs.get(FP32)), velocity(runs.get(INT8)))
                            .norm()
                    : null;
            return passes(probes, int8Error);
        }
    }

    private EngineFigures.Passes passes(Map<String, Probe> probes, Double int8Error) {
        boolean byClock = kind != EngineKind.ORT_CPU;
        ToDoubleFunction<PhaseClock.Spent> time =
                byClock ? PhaseClock.Spent::wallSeconds : PhaseClock.Spent::cpuSeconds;
        Probe engine = probes.get(FP32);
        Map<String, PhaseClock.Spent> times = new LinkedHashMap<>();
        probes.forEach((name, probe) -> times.put(name, probe.median()));
        return new EngineFigures.Passes(
                byClock ? EngineFigures.Time.WALL : EngineFigures.Time.PROCESSOR,
                times,
                engine.timesAsFastAs(probes.get(EAGER), time),
                engine.timesAsFastAs(probes.get(SCRIPT), time),
                int8Error == null ? null : probes.get(INT8).timesAsFastAs(engine, time),
                int8Error);
    }

    /** From arrays to an array, as libtorch's are measured. */
    private static void pass(EngineRun run, Map<String, Array> batch) {
        batch.forEach((name, array) -> run.set(name, array.values()));
        run.run();
        run.get(TransformerInputs.VELOCITY);
    }

    private boolean takesInputs() {
        return kind.takes(SyncConfig.Mode.INPUTS);
    }

    private EngineRun run(
            OpenResources open,
            Network network,
            Weights weights,
            Precision precision,
            SyncConfig.Mode mode,
            Map<String, Array> batch) {
        return open.add(bound(open.add(kind.load("policy", network, weights, precision, mode)), batch));
    }

    /** A run with these inputs, the caller's. */
    static EngineRun bound(Engine engine, Map<String, Array> batch) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        batch.forEach((name, array) -> shapes.put(name, array.shape()));
        EngineRun run = engine.bind(shapes);
        batch.forEach((name, array) -> run.set(name, array.values()));
        return run;
    }

    static Array velocity(EngineRun run) {
        return new Array(run.shape(TransformerInputs.VELOCITY), run.get(TransformerInputs.VELOCITY));
    }

    /** Inputs of a transformer of these sizes. */
    static Map<String, Array> batch(FluxConfig sizes, int rows) {
        FluxInputs inputs = new FluxInputs(sizes, PACKING, TEXT_TOKENS, 1);
        return ProbeInputs.transformer(inputs, new FluxArchitecture(sizes), rows, TEXT_TOKENS, SEED);
    }
}
