package mixgrpo.tools;

import mixgrpo.exporter.onnx.Precision;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.SyncConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that give an engine new weights: which one, its precision and its way of taking them. */
final class EngineOptions {

    private static final String MODE = "--sync-mode";

    @Mixin
    private EngineChoice choice;

    @Option(
            names = "--precision",
            paramLabel = "fp32|fp16|bf16|int8",
            defaultValue = "fp32",
            description = "In which layers compute, as far as the engine has it. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(
            names = MODE,
            paramLabel = "auto|session|inputs|refit",
            defaultValue = "auto",
            description =
                    "How the engine takes new weights; auto: refit with tensorrt, session with the others. Default: ${DEFAULT-VALUE}.")
    private SyncConfig.Mode mode;

    EngineChoice choice() {
        return choice;
    }

    Precision precision() {
        return precision;
    }

    /**
     * The way that was asked for, or the engine's usual one.
     *
     * @throws IllegalArgumentException if the engine does not have it
     */
    SyncConfig.Mode mode(EngineKind kind) {
        return kind.mode(MODE, mode);
    }
}
