package mixgrpo.tools;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.tools.export.EngineBuild;
import mixgrpo.tools.export.EngineBuildReport;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.CacheFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tools/export engine}: builds and verifies the engines of a model. */
@Command(
        name = "engine",
        customSynopsis = {
            "tools/export engine [--model DIR] [--component NAME,...] [--engine NAME]",
            "    [--precision fp32|fp16|int8] [--form ort|portable] [--cache DIR] [--no-verify]",
            "    [--dry-run] [--out FILE] [OPTIONS]"
        },
        description = {
            "Builds an engine of each network and verifies it as tools/export verify does. What passed is noted in the cache under everything"
                    + " that it depends on (graph, weights, precision, shapes, engine, its version, processor), and is not done again. On ort-cpu that is"
                    + " all that is kept: ONNX Runtime makes its engine from the network when it is needed. Entries of the same name that"
                    + " do not fit are named and not used. Code 3 if an engine fails."
        },
        footer = {
            "  tools/export engine",
            "  tools/export engine --model FLUX.1-dev --component vae-decoder",
            "  tools/export engine --dry-run"
        })
final class ExportEngineCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Mixin
    private VerifyOptions options;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Where entries lie. Default: engines in the program's cache folder, ~/.cache/mixgrpo.")
    private Path cache;

    @Option(
            names = "--no-verify",
            description = "Only see that engines can be built and run; nothing is noted. Default: verify them.")
    private boolean noVerify;

    @Option(names = "--dry-run", description = "Only say what the cache has. Default: build what it lacks.")
    private boolean dryRun;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the result there as JSON, too. Default: none.")
    private Path out;

    @Override
    public Integer call() throws Exception {
        OutputFile file = new OutputFile("--out", out);
        file.check();
        options.limitThreads();
        Console console = Console.of(spec.commandLine());
        EngineCache engines = new EngineCache(cache == null ? CacheFolder.engines() : cache);
        EngineBuild build = new EngineBuild(options.plan(), engines, !noVerify);
        EngineBuildReport report = GivenException.reading(
                () -> build.run(!dryRun, component -> console.remark("building %s%n".formatted(component))));
        console.print(report.table());
        file.write(report.json());
        return (report.passed() ? ExitCode.OK : ExitCode.CHECK).code();
    }
}
