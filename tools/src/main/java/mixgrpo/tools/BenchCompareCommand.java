package mixgrpo.tools;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import mixgrpo.tools.bench.ComparisonPlan;
import mixgrpo.tools.config.Preset;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tools/bench compare}: measures presets against each other. */
@Command(
        name = "compare",
        customSynopsis = {
            "tools/bench compare [KEY=VALUE...] [--presets NAME,...] [--train N]",
            "    [--threads N] [--repeat N] [--json FILE] [--html FILE]"
        },
        description = {
            "Measures what an iteration costs with each of several presets, in turn in one process: same model, prompts and seed. A"
                    + " preset's cost depends on where its window is, so that four iterations are measured: of all, put in the order of their windows, those at an eighth, three, five and seven eighths. Between them the network calls, training passes and all else that an"
                    + " iteration consists of are measured by themselves; their sum is the prediction. Unless rewards are given, a little of"
                    + " the jpeg reward (rewards.jpeg.weight=0.01) is added for measuring, so that no picture goes untrained because its"
                    + " group scored alike.",
            "",
            "One worker does everything, so that parts can be timed one after the other: --threads is how many threads engines and libtorch"
                    + " take, whatever -Dmixgrpo.threads says, and -Dmixgrpo.workers may not be above 1.",
            "",
            "With --train each preset is also trained from the same start, and its rewards are measured on development prompts."
        },
        footer = {
            "  tools/bench compare --json compare.json --html compare.html",
            "  tools/bench compare --presets mixgrpo,dancegrpo prompts.perIteration=2",
            "  tools/bench compare --presets mixgrpo,flash --train 60 evaluate.seeds=2"
        })
final class BenchCompareCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Mixin
    private BenchOptions options;

    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0..*",
            arity = "0..*",
            paramLabel = "KEY=VALUE...",
            hideParamSyntax = true,
            completionCandidates = KeyWords.class,
            description = "Values that lie over every preset.")
    private List<String> values = new ArrayList<>();

    @Option(
            names = "--presets",
            paramLabel = "NAME,...",
            hideParamSyntax = true,
            split = ",",
            defaultValue = "mixgrpo,flash,flash-star,dancegrpo",
            completionCandidates = PresetNames.class,
            description = "What is compared. Default: ${DEFAULT-VALUE}.")
    private List<String> presets;

    @Option(
            names = "--train",
            paramLabel = "N",
            description = "Iterations to train each preset for. Default: none is trained.")
    private Integer train;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            defaultValue = "3",
            description = "Repetitions after one to warm up. Default: ${DEFAULT-VALUE}.")
    private int repeat;

    @Option(names = "--html", paramLabel = "FILE", description = "Write them as a page, too. Default: none.")
    private Path html;

    /** What may follow {@code --presets}. */
    static final class PresetNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Preset.values()).map(Preset::key).iterator();
        }
    }

    @Override
    public Integer call() throws Exception {
        ComparisonPlan plan = new ComparisonPlan(
                presets,
                values,
                options.threads(),
                repeat,
                train == null ? OptionalInt.empty() : OptionalInt.of(train));
        return new CompareRun(plan, options.json(), new OutputFile("--html", html), Console.of(spec.commandLine()))
                .call()
                .code();
    }
}
