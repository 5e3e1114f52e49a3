package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import mixgrpo.exporter.onnx.Form;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.tools.export.EngineReport;
import mixgrpo.tools.export.ProbeSizes;
import mixgrpo.tools.export.TrustedNetwork;
import mixgrpo.tools.export.VerifyPlan;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.EngineKind;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of commands that make engines and verify them. */
final class VerifyOptions {

    @Mixin
    private ModelOptions model;

    @Mixin
    private EngineOptions engine;

    @Option(
            names = "--form",
            paramLabel = "ort|portable",
            description = "Operators of the graph. Default: those that the engine likes best.")
    private Form form;

    @Option(
            names = "--reference",
            paramLabel = "eager|ort",
            description =
                    "What it is compared with: libtorch, operation by operation, or ONNX Runtime in fp32 with primitives. Default: eager for up to a billion parameters, ort beyond.")
    private TrustedNetwork reference;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "2",
            description = "Rows of the inputs. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--side",
            paramLabel = "N",
            defaultValue = "64",
            description =
                    "Width and height of a picture in pixels; less where a model takes less. Default: ${DEFAULT-VALUE}.")
    private int side;

    @Option(
            names = "--text-tokens",
            paramLabel = "N",
            defaultValue = "16",
            description = "Tokens of a prompt; fewer where an encoder takes fewer. Default: ${DEFAULT-VALUE}.")
    private int textTokens;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of the inputs and the changed weights. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--no-stages", description = "Compare outputs only. Default: inner values of every stage, too.")
    private boolean noStages;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Of the engines and of libtorch. Default: all processors.")
    private Integer threads;

    @Option(names = "--out", paramLabel = "FILE", description = "Write all figures there as JSON, too. Default: none.")
    private Path out;

    /** What is done with a plan. */
    @FunctionalInterface
    interface Work {
        /** @param progress told which component is at hand */
        EngineReport of(VerifyPlan plan, Consumer<String> progress) throws IOException;
    }

    /**
     * Does the work of a command and prints and writes what came of it.
     *
     * @param doing in a word, {@code verifying}
     */
    Integer run(CommandSpec spec, String doing, Work work) throws Exception {
        return run(spec, doing, false, work);
    }

    /**
     * The same.
     *
     * @param onlyPlanned whether the engine need not be able to run here
     */
    Integer run(CommandSpec spec, String doing, boolean onlyPlanned, Work work) throws Exception {
        OutputFile file = new OutputFile("--out", out);
        file.check();
        limitThreads();
        Console console = Console.of(spec.commandLine());
        VerifyPlan plan = plan(onlyPlanned);
        EngineReport report = GivenException.reading(
                () -> work.of(plan, component -> console.remark("%s %s%n".formatted(doing, component))));
        console.print(report.table());
        file.write(report.json());
        return (report.passed() ? ExitCode.OK : ExitCode.CHECK).code();
    }

    /** For this process, before anything is loaded. */
    private void limitThreads() {
        if (threads != null && threads < 1) {
            throw new GivenException("--threads: expected 1 or more, got %d".formatted(threads));
        }
        NativeThreads.limit(threads == null ? Workers.threads() : threads);
    }

    private VerifyPlan plan(boolean onlyPlanned) {
        EngineKind kind =
                onlyPlanned ? engine.choice().named() : engine.choice().usable();
        return new VerifyPlan(
                model.selection(),
                kind,
                engine.precision(),
                Optional.ofNullable(form),
                engine.mode(kind),
                Optional.ofNullable(reference),
                new ProbeSizes(batch, side, textTokens, seed),
                !noStages);
    }
}
