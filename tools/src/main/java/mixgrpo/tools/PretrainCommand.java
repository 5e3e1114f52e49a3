package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import mixgrpo.tools.model.Processor;
import mixgrpo.tools.pretrain.PretrainFolder;
import mixgrpo.trainer.pretrain.PromptSelection;
import mixgrpo.trainer.torchscript.Precision;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tools/pretrain}: makes the built-in model from nothing. */
@Command(
        customSynopsis = {
            "tools/pretrain scenes [--out DIR] [--seed N]",
            "    [--precision P] [--vae-steps N] [--policy-steps N]"
        },
        description = {
            "Trains the tiny VAE and then the tiny FLUX policy of the built-in model by flow matching, with sample grids on the way.",
            "Ends with a model folder, OUT/model: weights, prompts to train on that the model sometimes draws right, and a card with what was measured.",
            "The same seed in the same precision gives the same weights. A run that was cut off goes on where it was when it is started again; one that has made as many"
                    + " updates as are asked for, or more, is only measured and written."
        },
        footer = {"  tools/pretrain scenes", "  tools/pretrain scenes --out pretrained --seed 2"})
final class PretrainCommand implements Callable<Integer> {

    /** What can be made. */
    enum World {
        SCENES
    }

    /** In what the policy's linear layers compute. */
    enum PrecisionChoice {
        AUTO,
        FP32,
        BF16
    }

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "WORLD", description = "What pictures and prompts are of: ${COMPLETION-CANDIDATES}.")
    private World world;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "runs/pretrain-scenes",
            description = "Folder for checkpoints, samples and the model. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--precision",
            paramLabel = "P",
            defaultValue = "auto",
            description =
                    "Of the policy's linear layers: fp32, bf16, or auto: as the folder was begun, else bf16 on a processor that computes"
                            + " in it (avx512_bf16, amx_bf16) and fp32 on others. Default: ${DEFAULT-VALUE}.")
    private PrecisionChoice precision;

    @Option(
            names = "--vae-steps",
            paramLabel = "N",
            defaultValue = "600",
            description = "Updates of the VAE. Default: ${DEFAULT-VALUE}.")
    private int vaeSteps;

    @Option(
            names = "--policy-steps",
            paramLabel = "N",
            defaultValue = "7500",
            description = "Updates of the policy. Default: ${DEFAULT-VALUE}.")
    private int policySteps;

    private Precision precision() throws IOException {
        return switch (precision) {
            case FP32 -> Precision.FP32;
            case BF16 -> Precision.BF16;
            case AUTO -> {
                Optional<Precision> begun = PretrainFolder.precision(out);
                yield begun.isPresent() ? begun.get() : fastest(Processor.ofMachine());
            }
        };
    }

    static Precision fastest(Processor processor) {
        return Collections.disjoint(processor.features(), List.of("avx512_bf16", "amx_bf16"))
                ? Precision.FP32
                : Precision.BF16;
    }

    @Override
    public Integer call() throws Exception {
        if (vaeSteps < 1 || policySteps < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--vae-steps, --policy-steps: expected 1 or more, got %d, %d".formatted(vaeSteps, policySteps));
        }
        return new PretrainRun(
                        PretrainRun.config(seed, precision(), vaeSteps, policySteps),
                        out,
                        PromptSelection.SHIPPED,
                        Console.of(spec.commandLine()))
                .call()
                .code();
    }
}
