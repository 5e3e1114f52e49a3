package mixgrpo.tools;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.tools.export.EngineBuild;
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
            "tools/export engine [--model DIR] [--variant NAME] [--component NAME,...] [--engine NAME]",
            "    [--precision fp32|fp16|int8] [--form ort|portable] [--cache DIR] [--no-verify]",
            "    [--dry-run] [--out FILE] [OPTIONS]",
            "tools/export engine --engine tensorrt [--component NAME]",
            "    [--min-shapes SHAPES] [--opt-shapes SHAPES] [--max-shapes SHAPES]",
            "    [--timing-cache FILE] [--strip-weights] [--version-compatible]",
            "    [--workspace SIZE] [--builder-optimization-level N] [OPTIONS]"
        },
        description = {
            "Builds an engine of each network and verifies it as tools/export verify does. What passed is noted in the cache under everything"
                    + " that it depends on (graph, weights, precision, shapes, engine, its version, processor), and is not done again. On ort-cpu that is"
                    + " all that is kept: ONNX Runtime makes its engine from the network when it is needed. Entries of the same name that"
                    + " do not fit are named and not used. Code 3 if an engine fails.",
            "TensorRT's plans are kept themselves, one for a range of shapes: built in a process of its own, verified, then put into the cache, where"
                    + " training and sampling find them. Weights are no part of their key, because they take others in place. --dry-run needs no GPU."
        },
        footer = {
            "  tools/export engine",
            "  tools/export engine --model FLUX.1-dev --component vae-decoder",
            "  tools/export engine --dry-run",
            "  tools/export engine --engine tensorrt --precision bf16 --dry-run"
        })
final class ExportEngineCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Mixin
    private VerifyOptions options;

    @Mixin
    private PlanSettingsOptions settings;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Where entries lie. Default: engines in the program's cache folder, ~/.cache/mixgrpo.")
    private Path cache;

    @Option(
            names = "--no-verify",
            description =
                    "Only see that engines can be built and run; nothing is noted, but a plan is kept. Default: verify them.")
    private boolean noVerify;

    @Option(
            names = "--dry-run",
            description = "Only say what the cache has and what would be built. Default: build what it lacks.")
    private boolean dryRun;

    @Override
    public Integer call() throws Exception {
        EngineCache engines = new EngineCache(cache == null ? CacheFolder.engines() : cache);
        return options.run(spec, "building", dryRun, (plan, progress) -> new EngineBuild(
                        plan, settings.settings(plan.engine()), engines, !noVerify)
                .run(!dryRun, progress));
    }
}
