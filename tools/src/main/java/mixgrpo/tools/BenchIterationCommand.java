package mixgrpo.tools;

import java.util.concurrent.Callable;
import mixgrpo.tools.bench.BenchPlan;
import mixgrpo.trainer.config.RolloutConfig.OdePrecision;
import mixgrpo.trainer.torchscript.Precision;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code tools/bench iteration}: measures an iteration, phase by phase. */
@Command(
        name = "iteration",
        customSynopsis = {
            "tools/bench iteration [--policy DIR] [--model-variant NAME] [--variant NAME]",
            "    [--window-start N] [--images N] [--minibatch N] [--steps N] [--prompts N] [--tokens H,W]",
            "    [--text-tokens N] [--threads N] [--precision fp32|bf16]",
            "    [--ode-precision fp32|int8] [--no-recompute] [--repeat N] [--json FILE]"
        },
        description = {
            "Measures one training iteration of the published recipe, phase by phase: wall and processor seconds, median of several"
                    + " repetitions. Text embeddings and rewards are random; pictures are decoded where the policy's folder has an"
                    + " autoencoder."
        },
        footer = {
            "  tools/bench iteration --json iteration.json",
            "  tools/bench iteration --policy FLUX.1-dev/transformer --tokens 45,45",
            "  tools/bench iteration --policy random:FLUX.1-dev/transformer/config.json",
            "",
            "  The small random policy (num_layers 2, num_single_layers 4, 6 heads of 32,",
            "  in_channels 16, joint and pooled 384, axes 8/12/12), 256 image tokens and",
            "  all else by default (16 text tokens, 12 images, 25 steps, minibatches of 3):",
            "  tools/bench iteration --policy random --tokens 16,16 --window-start 8 \\",
            "      --no-recompute",
            "  tools/bench iteration --policy random --variant dancegrpo"
        })
final class BenchIterationCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Mixin
    private BenchOptions options;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--policy",
            paramLabel = "DIR",
            defaultValue = "scenes",
            description =
                    "Folder in diffusers' layout, a whole FLUX model or its transformer; the built-in model's name;"
                            + " 'random' for a small network with random weights; 'random:FILE' for random weights of the sizes in a"
                            + " config.json. Default: ${DEFAULT-VALUE}.")
    private String policy;

    @Option(
            names = "--model-variant",
            paramLabel = "NAME",
            defaultValue = "",
            description =
                    "Which of several weights of the policy's folder, fp16 for one. Default: the plain ones, or the only ones.")
    private String modelVariant;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            defaultValue = "mixgrpo",
            description = "The method: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private BenchPlan.Variant variant;

    @Option(
            names = "--window-start",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "First step of the window, which has 4; only 0 with flash-star, whose window does not move, and with"
                            + " dancegrpo, which has none. Default: ${DEFAULT-VALUE}.")
    private int windowStart;

    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "12",
            description = "Pictures of a prompt. Default: ${DEFAULT-VALUE}.")
    private int images;

    @Option(
            names = "--minibatch",
            paramLabel = "N",
            defaultValue = "3",
            description = "Pictures of a prompt in one update. Default: ${DEFAULT-VALUE}.")
    private int minibatch;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "25", description = "Steps. Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Option(
            names = "--prompts",
            paramLabel = "N",
            defaultValue = "1",
            description = "Prompts. Default: ${DEFAULT-VALUE}.")
    private int prompts;

    @Option(
            names = "--tokens",
            paramLabel = "H,W",
            defaultValue = "8,8",
            converter = Tokens.class,
            description = "Image tokens down and across. Default: ${DEFAULT-VALUE}.")
    private BenchPlan.Grid tokens;

    @Option(
            names = "--text-tokens",
            paramLabel = "N",
            defaultValue = "16",
            description = "Text tokens. Default: ${DEFAULT-VALUE}.")
    private int textTokens;

    @Option(
            names = "--precision",
            paramLabel = "fp32|bf16",
            defaultValue = "fp32",
            description = "Of linear layers in training. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(
            names = "--ode-precision",
            paramLabel = "fp32|int8",
            defaultValue = "fp32",
            description = "Of the sampling steps outside the window. Default: ${DEFAULT-VALUE}.")
    private OdePrecision odePrecision;

    @Option(
            names = "--no-recompute",
            description = "Keep activations instead of computing them again in the backward pass. Default: off.")
    private boolean noRecompute;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            defaultValue = "5",
            description = "Repetitions after one to warm up. Default: ${DEFAULT-VALUE}.")
    private int repeat;

    /** Reads {@code H,W}. */
    static final class Tokens implements ITypeConverter<BenchPlan.Grid> {
        @Override
        public BenchPlan.Grid convert(String value) {
            if (!value.matches("[1-9][0-9]{0,4},[1-9][0-9]{0,4}")) {
                throw new TypeConversionException("expected H,W as in 16,16, got '%s'".formatted(value));
            }
            String[] sides = value.split(",");
            try {
                return new BenchPlan.Grid(Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    @Override
    public Integer call() throws Exception {
        BenchPlan plan = new BenchPlan(
                policy,
                modelVariant,
                variant,
                windowStart,
                images,
                minibatch,
                steps,
                prompts,
                tokens,
                textTokens,
                options.threads(),
                precision,
                odePrecision,
                !noRecompute,
                repeat);
        return new IterationRun(plan, options.json(), Console.of(spec.commandLine()))
                .call()
                .code();
    }
}
