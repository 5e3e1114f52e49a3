package mixgrpo.tools.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.engine.GpuUse;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.libtorch.TorchDevice;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.metrics.ProcessMemory;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/** Gives an engine new weights again and again, from two policies in turn, so that all of them are others each time. */
public final class SyncBench {

    private final SyncBenchPlan plan;
    private final EngineKind kind;
    private final TorchDevice device;

    /**
     * @param kind of the engine
     * @param device of the policies
     */
    public SyncBench(SyncBenchPlan plan, EngineKind kind, TorchDevice device) {
        this.plan = plan;
        this.kind = kind;
        this.device = device;
    }

    /**
     * @param progress told the number of exchanges done
     * @throws IOException if the system does not tell how much memory this takes
     */
    public SyncFigures measure(Consumer<Integer> progress) throws IOException {
        FluxConfig sizes = plan.large() ? EngineBench.LARGE : EngineBench.SMALL;
        Network network = FluxTransformer.of(sizes);
        try (TrainableNetwork one = policy(network, 1);
                TrainableNetwork other = policy(network, 2)) {
            List<Weights> sources =
                    List.of(one.parameters().trainedView(), other.parameters().trainedView());
            PhaseClock loading = new PhaseClock();
            try (Engine engine = kind.load("policy", network, sources.get(0), plan.precision(), plan.mode());
                    EngineRun run = EngineBench.bound(engine, EngineBench.batch(sizes, 1))) {
                run.run();
                double load = loading.total().wallSeconds();
                engine.update(sources.get(1));
                Array velocity = ran(run);
                long resident = ProcessMemory.residentBytes();
                Long gpu = GpuUse.bytes();
                List<PhaseClock.Spent> spent = new ArrayList<>();
                for (int i = 0; i < plan.exchanges(); i++) {
                    PhaseClock clock = new PhaseClock();
                    engine.update(sources.get(i % 2));
                    spent.add(clock.total());
                    velocity = followed(velocity, ran(run), i);
                    progress.accept(i + 1);
                }
                Long gpuAfter = GpuUse.bytes();
                return new SyncFigures(
                        kind.toString(),
                        Word.of(plan.precision()),
                        Word.of(plan.mode()),
                        device.toString(),
                        EngineBench.elements(sources.get(0)),
                        plan.exchanges(),
                        load,
                        Probe.median(spent).wallSeconds(),
                        Probe.median(spent).cpuSeconds(),
                        spent.stream()
                                .mapToDouble(PhaseClock.Spent::wallSeconds)
                                .max()
                                .orElseThrow(),
                        new SyncFigures.Span(resident, ProcessMemory.residentBytes()),
                        gpu == null || gpuAfter == null ? null : new SyncFigures.Span(gpu, gpuAfter));
            }
        }
    }

    private static Array ran(EngineRun run) {
        run.run();
        return EngineBench.velocity(run);
    }

    /** @throws IllegalStateException if other weights give the same velocity */
    private static Array followed(Array before, Array after, int exchange) {
        if (Arrays.equals(before.values(), after.values())) {
            throw new IllegalStateException(
                    "exchange %d: the velocity is what it was, so the engine did not take the weights"
                            .formatted(exchange + 1));
        }
        return after;
    }

    private TrainableNetwork policy(Network network, long seed) {
        return new TrainableNetwork(network, EngineBench.weights(network, seed), ScriptOptions.plain(), device);
    }
}
