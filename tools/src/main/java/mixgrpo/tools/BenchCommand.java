package mixgrpo.tools;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tools/bench}: measures what training costs. */
@Command(
        customSynopsis = {
            "tools/bench iteration [OPTIONS]",
            "tools/bench compare [KEY=VALUE...] [OPTIONS]",
            "tools/bench engine [OPTIONS]"
        },
        description =
                "Measures what training costs: one iteration phase by phase, presets against each other, or engines beside libtorch.",
        subcommands = {BenchIterationCommand.class, BenchCompareCommand.class, BenchEngineCommand.class},
        commandListHeading = "%nWhat is measured:%n",
        footer = {
            "  tools/bench iteration --json iteration.json",
            "  tools/bench compare --json compare.json --html compare.html",
            "  tools/bench compare --help"
        })
final class BenchCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw Subcommands.expected(spec, "what to measure");
    }
}
