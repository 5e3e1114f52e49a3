package mixgrpo.tools;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.runtime.tensorrt.PlanOptions;
import mixgrpo.runtime.tensorrt.ShapeText;
import mixgrpo.tools.export.PlanSettings;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.EngineKind;
import picocli.CommandLine.Option;

/** The options of commands that build TensorRT's plans, by trtexec's names where it has them. */
final class PlanSettingsOptions {

    @Option(
            names = "--min-shapes",
            paramLabel = "SHAPES",
            description =
                    "tensorrt: the smallest shapes of inputs, hidden_states:1x64x16,timestep:1. Shapes of other inputs follow where axes have the same name. Default: one row of what --batch, --side and --text-tokens say.")
    private String min;

    @Option(
            names = "--opt-shapes",
            paramLabel = "SHAPES",
            description = "tensorrt: the usual shapes, for which it is fastest. Default: the largest.")
    private String opt;

    @Option(
            names = "--max-shapes",
            paramLabel = "SHAPES",
            description = "tensorrt: the largest shapes. Default: what --batch, --side and --text-tokens say.")
    private String max;

    @Option(
            names = "--timing-cache",
            paramLabel = "FILE",
            description =
                    "tensorrt: what was measured in builds before, read and written. Default: a file in the cache.")
    private Path timingCache;

    @Option(
            names = "--strip-weights",
            description =
                    "tensorrt: leave the weights out of the plan; it is given them when it is loaded. Default: with weights.")
    private boolean stripped;

    @Option(
            names = "--version-compatible",
            description =
                    "tensorrt: a plan that other versions of TensorRT 11 run, too, with NVIDIA's lean runtime. Default: for this version.")
    private boolean versionCompatible;

    @Option(
            names = "--workspace",
            paramLabel = "SIZE",
            converter = BundleCommand.Size.class,
            description = "tensorrt: what a layer may take beside its arrays, 1GiB for one. Default: all memory.")
    private Long workspace;

    @Option(
            names = "--builder-optimization-level",
            paramLabel = "0..5",
            description = "tensorrt: how long it looks for faster kernels. Default: 3.")
    private Integer level;

    /**
     * What was asked for.
     *
     * @throws GivenException if something was asked for that this engine does not have
     */
    PlanSettings settings(EngineKind engine) {
        boolean asked = stripped || versionCompatible || min != null || opt != null || max != null;
        asked |= timingCache != null || workspace != null || level != null;
        if (asked && engine != EngineKind.TENSORRT) {
            throw new GivenException(
                    "shapes, --timing-cache, --strip-weights, --version-compatible, --workspace and --builder-optimization-level are for --engine tensorrt, got %s"
                            .formatted(engine));
        }
        return new PlanSettings(
                shapes("--min-shapes", min),
                shapes("--opt-shapes", opt),
                shapes("--max-shapes", max),
                Optional.ofNullable(timingCache),
                new PlanOptions(
                        stripped,
                        versionCompatible,
                        workspace == null ? 0 : workspace,
                        level == null ? PlanOptions.DEFAULT.level() : level));
    }

    private static Map<String, List<Long>> shapes(String option, String text) {
        return text == null ? Map.of() : ShapeText.parse(option, text);
    }
}
