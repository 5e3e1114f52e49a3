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
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.tools.export.ProbeInputs;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.FluxArchitecture;
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

    static final String FP32 = "ONNX Runtime, fp32";
    static final String INT8 = "ONNX Runtime, int8";
    static final String INPUTS = "ONNX Runtime, fp32, weights as inputs";
    static final String EAGER = "libtorch, operation by operation";
    static final String SCRIPT = "libtorch, TorchScript";

    private static final FluxConfig SMALL = new FluxConfig(16, 16, 6, 0, 32, 6, 384, 384, false, List.of(8, 12, 12));
    private static final FluxConfig LARGE = new FluxConfig(16, 16, 5, 0, 32, 24, 384, 384, false, List.of(8, 12, 12));
    private static final LatentPacking PACKING = new LatentPacking(4, 16, 16);
    private static final int TEXT_TOKENS = 16;
    private static final long SEED = 1;

    private final EngineBenchPlan plan;
    private final EngineKind kind = EngineKind.ORT_CPU;

    public EngineBench(EngineBenchPlan plan) {
        this.plan = plan;
    }

    /** @param progress told what is at hand */
    public EngineFigures measure(Consumer<String> progress) {
        progress.accept("passes");
        Network network = FluxTransformer.of(SMALL);
        Weights weights = weights(network, SEED);
        Map<String, EngineFigures.Spent> passes = new LinkedHashMap<>();
        double int8Error = passes(network, weights, passes);
        List<EngineFigures.Sync> syncs = new ArrayList<>();
        for (FluxConfig sizes : plan.large() ? List.of(SMALL, LARGE) : List.of(SMALL)) {
            progress.accept("sync of width %d".formatted(sizes.dim()));
            syncs.add(sync(FluxTransformer.of(sizes)));
        }
        return new EngineFigures(
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

    private static Weights weights(Network network, long seed) {
        return new Initialization(Inventory.parameters(network), key -> false, seed);
    }

    private static long elements(Weights weights) {
        return weights.shapes().values().stream().mapToLong(Array::elements).sum();
    }

    /** Fills in the times; returns the error of int8. */
    private double passes(Network network, Weights weights, Map<String, EngineFigures.Spent> times) {
        Map<String, Array> batch = batch();
        try (Engine fp32 = load(network, weights, Precision.FP32, SyncConfig.Mode.SESSION);
                Engine int8 = load(network, weights, Precision.INT8, SyncConfig.Mode.SESSION);
                Engine inputs = load(network, weights, Precision.FP32, SyncConfig.Mode.INPUTS);
                EngineRun fp32Run = bound(fp32, batch);
                EngineRun int8Run = bound(int8, batch);
                EngineRun inputsRun = bound(inputs, batch);
                EagerNetwork eager = new EagerNetwork(network, weights);
                TrainableNetwork script = new TrainableNetwork(network, weights, ScriptOptions.plain())) {
            Map<String, Probe> probes = new LinkedHashMap<>();
            probes.put(FP32, new Probe(fp32Run::run));
            probes.put(INT8, new Probe(int8Run::run));
            probes.put(INPUTS, new Probe(inputsRun::run));
            probes.put(EAGER, new Probe(() -> eager.run(batch)));
            probes.put(SCRIPT, new Probe(() -> script.infer(batch)));
            for (int i = 0; i <= plan.repeat(); i++) {
                probes.values().forEach(Probe::sample);
            }
            probes.forEach((name, probe) -> times.put(name, spent(probe.median())));
            return Difference.of(velocity(fp32Run), velocity(int8Run)).norm();
        }
    }

    private Engine load(Network network, Weights weights, Precision precision, SyncConfig.Mode mode) {
        return kind.load("policy", network, weights, precision, mode);
    }

    private static EngineRun bound(Engine engine, Map<String, Array> batch) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        batch.forEach((name, array) -> shapes.put(name, array.shape()));
        EngineRun run = engine.bind(shapes);
        batch.forEach((name, array) -> run.set(name, array.values()));
        return run;
    }

    private static Array velocity(EngineRun run) {
        return new Array(run.shape(TransformerInputs.VELOCITY), run.get(TransformerInputs.VELOCITY));
    }

    private Map<String, Array> batch() {
        FluxInputs inputs = new FluxInputs(SMALL, PACKING, TEXT_TOKENS, 1);
        return ProbeInputs.transformer(inputs, new FluxArchitecture(SMALL), plan.batch(), TEXT_TOKENS, SEED);
    }

    /** From a network as it is trained, whose weights lie in libtorch's memory. */
    private EngineFigures.Sync sync(Network network) {
        try (TrainableNetwork trained = new TrainableNetwork(network, weights(network, SEED), ScriptOptions.plain())) {
            Weights weights = trained.parameters().trainedView();
            return new EngineFigures.Sync(
                    elements(weights),
                    Float.BYTES * elements(weights),
                    median(() -> load(network, weights, Precision.FP32, SyncConfig.Mode.SESSION)
                            .close()),
                    exchange(network, weights, SyncConfig.Mode.SESSION),
                    exchange(network, weights, SyncConfig.Mode.INPUTS));
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
