package mixgrpo.tools;

import java.util.concurrent.Callable;
import mixgrpo.tools.bench.EngineBench;
import mixgrpo.tools.bench.EngineBenchPlan;
import mixgrpo.tools.bench.EngineFigures;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.RolloutConfig;
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
            "Measures an engine beside libtorch on the CPU in one process, in turn: a forward pass of a random policy of 6 joint blocks of"
                    + " width 192, 64 image and 16 text tokens, in fp32, and, if the engine has it, in int8 and with weights as inputs; and how long an engine takes to"
                    + " get new weights."
        },
        footer = {"  tools/bench engine --large --json engine.json"})
final class BenchEngineCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Mixin
    private BenchOptions options;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            defaultValue = "ort-cpu",
            description = "What is measured: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private RolloutConfig.Engine engine;

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
        EngineKind kind = EngineKind.asked("--engine", engine);
        EngineFigures figures =
                new EngineBench(plan, kind).measure(what -> console.remark("measuring %s%n".formatted(what)));
        console.print(figures.table());
        options.json().write(figures.json());
        return ExitCode.OK.code();
    }
}
