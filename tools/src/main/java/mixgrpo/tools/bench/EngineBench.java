package mixgrpo.tools.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
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
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.FluxArchitecture;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.eager.EagerNetwork;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.pretrain.Initialization;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/**
 * Measures engines on a policy of 6 joint blocks of width 192: passes beside libtorch's in the same process, in turn, and how long new weights
 * take. Weights are random.
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

    /** @param kind that is measured; its int8, too, on the CPU, and weights as inputs if it takes them */
    public EngineBench(EngineBenchPlan plan, EngineKind kind) {
        this.plan = plan;
        this.kind = kind;
    }

    /** @param progress told what is at hand */
    public EngineFigures measure(Consumer<String> progress) {
        progress.accept("passes");
        Network network = FluxTransformer.of(SMALL);
        Weights weights = weights(network, SEED);
        Map<String, EngineFigures.Spent> passes = new LinkedHashMap<>();
        Double int8Error = passes(network, weights, passes);
        List<EngineFigures.Sync> syncs = new ArrayList<>();
        for (FluxConfig sizes : plan.large() ? List.of(SMALL, LARGE) : List.of(SMALL)) {
            progress.accept("sync of width %d".formatted(sizes.dim()));
            syncs.add(sync(FluxTransformer.of(sizes)));
        }
        return new EngineFigures(
                kind.toString(),
                plan.threads(),
                plan.batch(),
                PACKING.tokens(),
                TEXT_TOKENS,
                elements(weights),
                passes,
                int8Error,
                syncs,
                plan.repeat());
    }

    static Weights weights(Network network, long seed) {
        return new Initialization(Inventory.parameters(network), key -> false, seed);
    }

    static long elements(Weights weights) {
        return weights.shapes().values().stream().mapToLong(Array::elements).sum();
    }

    /** Fills in the times; returns the error of int8, null where there is none. */
    private Double passes(Network network, Weights weights, Map<String, EngineFigures.Spent> times) {
        Map<String, Array> batch = batch();
        Map<String, EngineRun> runs = new LinkedHashMap<>();
        try (OpenResources open = new OpenResources();
                EagerNetwork eager = new EagerNetwork(network, weights);
                TrainableNetwork script = new TrainableNetwork(network, weights, ScriptOptions.plain())) {
            runs.put(FP32, run(open, network, weights, Precision.FP32, kind.usualMode(), batch));
            if (kind == EngineKind.ORT_CPU) {
                runs.put(INT8, run(open, network, weights, Precision.INT8, kind.usualMode(), batch));
            }
            if (takesInputs()) {
                runs.put(INPUTS, run(open, network, weights, Precision.FP32, SyncConfig.Mode.INPUTS, batch));
            }
            Map<String, Probe> probes = new LinkedHashMap<>();
            runs.forEach((name, run) -> probes.put(name, new Probe(run::run)));
            probes.put(EAGER, new Probe(() -> eager.run(batch)));
            probes.put(SCRIPT, new Probe(() -> script.infer(batch)));
            for (int i = 0; i <= plan.repeat(); i++) {
                probes.values().forEach(Probe::sample);
            }
            probes.forEach((name, probe) -> times.put(name, spent(probe.median())));
            return runs.containsKey(INT8)
                    ? Difference.of(velocity(runs.get(FP32)), velocity(runs.get(INT8)))
                            .norm()
                    : null;
        }
    }

    private boolean takesInputs() {
        return kind.has(RolloutConfig.Precision.FP32, SyncConfig.Mode.INPUTS);
    }

    private EngineRun run(
            OpenResources open,
            Network network,
            Weights weights,
            Precision precision,
            SyncConfig.Mode mode,
            Map<String, Array> batch) {
        return open.add(bound(open.add(load(network, weights, precision, mode)), batch));
    }

    private Engine load(Network network, Weights weights, Precision precision, SyncConfig.Mode mode) {
        return kind.load("policy", network, weights, precision, mode);
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

    private Map<String, Array> batch() {
        return batch(SMALL, plan.batch());
    }

    /** Inputs of a transformer of these sizes. */
    static Map<String, Array> batch(FluxConfig sizes, int rows) {
        FluxInputs inputs = new FluxInputs(sizes, PACKING, TEXT_TOKENS, 1);
        return ProbeInputs.transformer(inputs, new FluxArchitecture(sizes), rows, TEXT_TOKENS, SEED);
    }

    /** From a network as it is trained, whose weights lie in libtorch's memory. */
    private EngineFigures.Sync sync(Network network) {
        try (TrainableNetwork trained = new TrainableNetwork(network, weights(network, SEED), ScriptOptions.plain())) {
            Weights weights = trained.parameters().trainedView();
            return new EngineFigures.Sync(
                    elements(weights),
                    Float.BYTES * elements(weights),
                    median(() -> load(network, weights, Precision.FP32, kind.usualMode())
                            .close()),
                    exchange(network, weights, kind.usualMode()),
                    takesInputs() ? exchange(network, weights, SyncConfig.Mode.INPUTS) : null);
        }
    }

    private EngineFigures.Spent exchange(Network network, Weights weights, SyncConfig.Mode mode) {
        try (Engine engine = load(network, weights, Precision.FP32, mode)) {
            return median(() -> engine.update(weights));
        }
    }

    /** Once to warm up; each run is a sample, as it is in training. */
    private EngineFigures.Spent median(Runnable work) {
        work.run();
        List<PhaseClock.Spent> samples = new ArrayList<>();
        for (int i = 0; i < plan.repeat(); i++) {
            PhaseClock clock = new PhaseClock();
            work.run();
            samples.add(clock.total());
        }
        return spent(Probe.median(samples));
    }

    private static EngineFigures.Spent spent(PhaseClock.Spent of) {
        return new EngineFigures.Spent(of.wallSeconds(), of.cpuSeconds());
    }
}
