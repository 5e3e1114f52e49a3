package mixgrpo.tools;

import java.util.List;
import java.util.Optional;
import mixgrpo.exporter.onnx.Form;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.tools.export.ProbeSizes;
import mixgrpo.tools.export.TrustedNetwork;
import mixgrpo.tools.export.VerifyPlan;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.SyncConfig;
import picocli.CommandLine.Option;

/** The options of commands that make engines and verify them. */
final class VerifyOptions {

    private static final String ALL = "all";

    @Option(
            names = "--model",
            paramLabel = "DIR",
            defaultValue = ImageModel.BUILT_IN,
            description = "Model folder in diffusers' layout, or the built-in model's name. Default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(
            names = "--component",
            paramLabel = "NAME,...",
            split = ",",
            defaultValue = ALL,
            description =
                    "transformer, vae-decoder, vae-encoder, text-encoder, text-encoder-2, text-encoder-3; or all that there are. Default: ${DEFAULT-VALUE}.")
    private List<String> components;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            converter = EngineWord.class,
            defaultValue = "auto",
            description =
                    "What is tried: ort-cpu, ort-cuda, tensorrt; or the fastest that this machine can run. Default: ${DEFAULT-VALUE}.")
    private RolloutConfig.Engine engine;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            defaultValue = "fp32",
            converter = PrecisionWord.class,
            description =
                    "In which layers compute: fp32, fp16, bf16 or int8, as far as the engine has it. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(
            names = "--form",
            paramLabel = "ort|portable",
            converter = FormWord.class,
            description = "Operators of the graph. Default: those that the engine likes best.")
    private Form form;

    @Option(
            names = "--sync-mode",
            paramLabel = "session|inputs",
            defaultValue = "session",
            converter = ModeWord.class,
            description = "How the engine takes changed weights. Default: ${DEFAULT-VALUE}.")
    private SyncConfig.Mode mode;

    @Option(
            names = "--reference",
            paramLabel = "eager|ort",
            converter = ReferenceWord.class,
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

    static final class EngineWord extends EnumWord<RolloutConfig.Engine> {
        EngineWord() {
            super(RolloutConfig.Engine.class);
        }
    }

    static final class PrecisionWord extends EnumWord<Precision> {
        PrecisionWord() {
            super(Precision.class);
        }
    }

    static final class FormWord extends EnumWord<Form> {
        FormWord() {
            super(Form.class);
        }
    }

    static final class ModeWord extends EnumWord<SyncConfig.Mode> {
        ModeWord() {
            super(SyncConfig.Mode.class);
        }
    }

    static final class ReferenceWord extends EnumWord<TrustedNetwork> {
        ReferenceWord() {
            super(TrustedNetwork.class);
        }
    }

    /** For this process, before anything is loaded. */
    void limitThreads() {
        NativeThreads.limit(threads == null ? Runtime.getRuntime().availableProcessors() : threads);
    }

    VerifyPlan plan() {
        EngineKind kind = EngineKind.asked("--engine", engine);
        kind.checkMode("--sync-mode", mode);
        return new VerifyPlan(
                model,
                components.contains(ALL) ? List.of() : components,
                kind,
                precision,
                Optional.ofNullable(form),
                mode,
                Optional.ofNullable(reference),
                new ProbeSizes(batch, side, textTokens, seed),
                !noStages);
    }
}
