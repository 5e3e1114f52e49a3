package mixgrpo.tools;

import java.util.concurrent.Callable;
import mixgrpo.tools.bench.SyncBench;
import mixgrpo.tools.bench.SyncBenchPlan;
import mixgrpo.tools.bench.SyncFigures;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.libtorch.DeviceChoice;
import mixgrpo.trainer.libtorch.TorchDevice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tools/bench sync}: exchanges of weights in a row. */
@Command(
        name = "sync",
        customSynopsis = {
            "tools/bench sync [--engine NAME] [--precision NAME] [--sync-mode NAME] [--exchanges N]",
            "    [--device auto|cpu|gpu] [--large] [--threads N] [--json FILE]"
        },
        description = {
            "Gives an engine of a random policy new weights again and again, as training does after its updates: how long one exchange takes,"
                    + " and how much memory the process and the GPU have more afterwards."
        },
        footer = {"  tools/bench sync", "  tools/bench sync --engine ort-cuda --large --json sync.json"})
final class BenchSyncCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Mixin
    private BenchOptions options;

    @Spec
    private CommandSpec spec;

    @Mixin
    private EngineOptions engine;

    @Option(
            names = "--device",
            paramLabel = "auto|cpu|gpu",
            defaultValue = "auto",
            description = "Where the policy is. Default: ${DEFAULT-VALUE}.")
    private DeviceChoice device;

    @Option(
            names = "--exchanges",
            paramLabel = "N",
            defaultValue = "100",
            description = "Exchanges, after one to warm up. Default: ${DEFAULT-VALUE}.")
    private int exchanges;

    @Option(
            names = "--large",
            description = "Exchange 110 million parameters, which takes 5 GB of memory. Default: 8 million.")
    private boolean large;

    @Override
    public Integer call() throws Exception {
        options.json().check();
        NativeThreads.limit(options.threads());
        TorchDevice from = TorchDevice.of(device);
        EngineKind kind = engine.choice().usable();
        SyncBenchPlan plan = new SyncBenchPlan(engine.precision(), engine.mode(kind), exchanges, large);
        Console console = Console.of(spec.commandLine());
        Progress progress = new Progress(console, "exchange", 0, exchanges);
        SyncFigures figures = new SyncBench(plan, kind, from).measure(done -> progress.update(done, ""));
        progress.end();
        console.print(figures.table());
        options.json().write(figures.json());
        return ExitCode.OK.code();
    }
}
