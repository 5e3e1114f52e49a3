package mixgrpo.tools;

import java.util.concurrent.Callable;
import mixgrpo.tools.bench.EngineBench;
import mixgrpo.tools.bench.EngineBenchPlan;
import mixgrpo.tools.bench.EngineFigures;
import mixgrpo.tools.model.EngineKind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tools/bench engine}: measures engines beside libtorch, and syncs. */
@Command(
        name = "engine",
        customSynopsis = {
            "tools/bench engine [--engine NAME] [--batch N] [--large] [--threads N] [--repeat N]",
            "    [--json FILE]"
        },
        description = {
            "Measures an engine beside libtorch in one process, in turn: a forward pass of a random policy of 6 joint blocks of"
                    + " width 192, 64 image and 16 text tokens, in fp32, and, if the engine has it, in int8 and with weights as inputs; and how long an engine takes to"
                    + " get new weights, from two policies in turn.",
            "An engine on a GPU is compared by wall time, with libtorch on that GPU if the build has one for it (MIXGRPO_PROFILE=cuda), else on the CPU; what"
                    + " is printed says where. One on the CPU is compared by processor time."
        },
        footer = {"  tools/bench engine --large --json engine.json"})
final class BenchEngineCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Mixin
    private BenchOptions options;

    @Spec
    private CommandSpec spec;

    @Mixin
    private EngineChoice engine;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "12",
            description = "Pictures of a pass. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--large",
            description = "Measure the sync of a hundred million parameters, too. Default: the small policy's only.")
    private boolean large;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            defaultValue = "7",
            description = "Samples of each time, after one to warm up. Default: ${DEFAULT-VALUE}.")
    private int repeat;

    @Override
    public Integer call() throws Exception {
        EngineBenchPlan plan = new EngineBenchPlan(batch, options.threads(), repeat, large);
        options.json().check();
        NativeThreads.limit(plan.threads());
        Console console = Console.of(spec.commandLine());
        EngineKind kind = engine.usable();
        EngineFigures figures = new EngineBench(plan, kind, EngineBench.beside(kind))
                .measure(what -> console.remark("measuring %s%n".formatted(what)));
        console.print(figures.table());
        options.json().write(figures.json());
        return ExitCode.OK.code();
    }
}
