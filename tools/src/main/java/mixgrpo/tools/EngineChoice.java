package mixgrpo.tools;

import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.RolloutConfig;
import picocli.CommandLine.Option;

/** The option that says what runs networks. */
final class EngineChoice {

    static final String OPTION = "--engine";

    @Option(
            names = OPTION,
            paramLabel = "auto|ort-cpu|ort-cuda|tensorrt",
            defaultValue = "auto",
            description =
                    "What runs the networks: ort-cpu, ort-cuda, tensorrt; auto is the fastest that this machine can run. Default: ${DEFAULT-VALUE}.")
    private RolloutConfig.Engine engine;

    /** As it was given. */
    RolloutConfig.Engine given() {
        return engine;
    }

    /** @throws EngineUnavailableException if it cannot run here, saying what is missing */
    EngineKind usable() {
        return EngineKind.asked(OPTION, engine);
    }

    /**
     * The same of those that have a precision.
     *
     * @param setting that asks for it
     * @throws IllegalArgumentException if it does not have it
     */
    EngineKind usable(String setting, RolloutConfig.Precision precision) {
        return EngineKind.asked(OPTION, engine, setting, precision);
    }

    /** Whether or not it can run here. */
    EngineKind named() {
        return EngineKind.named(engine);
    }
}
