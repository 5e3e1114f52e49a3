package mixgrpo.tools;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.tools.model.AdapterFile;
import mixgrpo.tools.model.VaeTiling;
import mixgrpo.tools.sample.Method;
import mixgrpo.tools.sample.SampleRequest;
import mixgrpo.trainer.config.RolloutConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tools/sample}: draws pictures. */
@Command(
        customSynopsis =
                "tools/sample [--model DIR] [--variant NAME] [--tuned DIR|FILE | --lora FILE[:weight]...] [--p-mix P] [--prompt TEXT]... [--prompts FILE] [--count N] [--steps N] [--size WxH] [--seed N] [--engine NAME] [--precision P] [--out DIR] [OPTIONS]",
        description = {
            "Draws pictures of prompts: a PNG each that says how it was made, a grid, and a list with the seeds, samples.json.",
            "Where there are tuned weights, a run's or those of --tuned or --lora, inference is hybrid: they do the first steps, the base"
                    + " that they were tuned from does the rest (--p-mix)."
        },
        footer = {
            "  tools/sample --model runs/quickstart --prompt \"two red circles\"",
            "  tools/sample --model runs/quickstart --prompt \"two red circles\" --compare p_mix=0,0.6,0.8,1",
            "  tools/sample --model FLUX.1-dev --lora style.safetensors:0.7 --prompt \"a fox\" --steps 50 --size 1024x1024"
        })
final class SampleCommand implements Callable<Integer> {

    private static final String PRECISION = "--precision";

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description =
                    "Folder of a run, a model folder, or the built-in model's name, scenes. Default: the newest quickstart run under runs, else scenes.")
    private String model;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description =
                    "Which of several weights of the folder are read: fp16 for diffusion_pytorch_model.fp16.safetensors, for one. Default: the run's, or the plain ones.")
    private String variant;

    @Option(
            names = "--tuned",
            paramLabel = "DIR|FILE",
            description =
                    "Transformer that was tuned from the model's: its folder, or a file of its weights alone, as ComfyUI has them. Default: none, or the run's.")
    private Path tuned;

    @Option(
            names = "--lora",
            paramLabel = "FILE[:weight]",
            description =
                    "LoRA file for the model, and how much of it (1); may be given several times. Default: none, or the run's.")
    private List<String> adapters = new ArrayList<>();

    @Option(
            names = "--merge",
            description =
                    "Folds adapters into a second set of weights, in float32, instead of one engine for both. Default: not.")
    private boolean merge;

    @Option(
            names = "--p-mix",
            paramLabel = "P",
            description =
                    "Share of the steps, from the first on, that the tuned weights do; 1 is all. Default: 0.8, the paper's.")
    private Double pMix;

    @Option(
            names = "--compare",
            paramLabel = "p_mix=A,B,...",
            description = "One picture for each of these shares, side by side. Default: none.")
    private String comparison;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description =
                    "What to draw; may be given several times. Default: a few of the scenes world with a model of that world.")
    private List<String> prompts = new ArrayList<>();

    @Option(names = "--prompts", paramLabel = "FILE", description = "More of them, one a line. Default: none.")
    private Path file;

    @Option(
            names = "--negative-prompt",
            paramLabel = "TEXT",
            description =
                    "What to keep away from, by the scale of --true-cfg. Default: an empty text where there is a scale.")
    private String negative;

    @Option(
            names = "--true-cfg",
            paramLabel = "SCALE",
            description =
                    "Classifier-free guidance: velocity = negative + scale (positive - negative), at two network calls a step; 1 is none. Default: 7 for a Stable Diffusion 3 folder, as in diffusers, none for FLUX and for runs.")
    private Double trueCfg;

    @Option(
            names = "--text-length",
            paramLabel = "N",
            description = "Token positions of a prompt. Default: the model's own.")
    private Integer textLength;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "4",
            description = "Pictures of each prompt. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description =
                    "Steps from noise to picture. Default: the run's; 10 for the built-in model, 4 for FLUX.1-schnell, 28 for others.")
    private Integer steps;

    @Option(
            names = "--guidance",
            paramLabel = "SCALE",
            description = "What a guidance-distilled model, FLUX.1-dev for one, is told. Default: the run's or 3.5.")
    private Double guidance;

    @Option(
            names = "--size",
            paramLabel = "WxH",
            description =
                    "Width and height in pixels. Default: the run's; 64x64 for the built-in model, 128 latents a side for others (1024x1024).")
    private String size;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Of the first picture's noise; the next has the next. A call that is repeated gives the same pictures. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--rng",
            paramLabel = "RNG",
            defaultValue = "philox",
            description =
                    "Where noise comes from: philox, or torch-cpu for the latents that a diffusers pipeline in float32 draws with a generator on the CPU (one in float16 or bfloat16 draws others). Default: ${DEFAULT-VALUE}.")
    private Method.Rng rng;

    @Option(
            names = "--solver",
            paramLabel = "SOLVER",
            defaultValue = "euler",
            description =
                    "euler, or dpm (DPM-Solver++), which does with fewer steps at order 2 or 3. Default: ${DEFAULT-VALUE}.")
    private Method.Solver solver;

    @Option(
            names = "--order",
            paramLabel = "N",
            description = "Of the solver, 1 to 3. Default: 2 for dpm, 1 for euler.")
    private Integer order;

    @Option(
            names = "--sde",
            paramLabel = "KERNEL",
            description =
                    "Fresh noise at every step but the last: flow, dance, cps or dpm. Default: none, a deterministic trajectory.")
    private Kernel.Family kernel;

    @Option(names = "--eta", paramLabel = "ETA", description = "Level of the noise of --sde. Default: 0.7.")
    private Double eta;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description =
                    "Pictures that the network sees at once, at the most; more cost memory, and a CPU takes as many of them as suit its caches. With 1 a picture is the same whatever is drawn beside it; else a few of its values may differ by a level. Default: 24, 1 for large ones.")
    private Integer batch;

    @Option(
            names = "--vae-tiling",
            paramLabel = "auto|on|off",
            defaultValue = "auto",
            description =
                    "Decoding in tiles that overlap. auto: pictures larger than what the autoencoder was made for; on: all larger than half its side,"
                            + " for a quarter of the memory; off: none. Default: ${DEFAULT-VALUE}.")
    private VaeTiling tiling;

    @Mixin
    private EngineChoice engine;

    @Option(
            names = PRECISION,
            paramLabel = "fp32|fp16|bf16|int8",
            defaultValue = "fp32",
            description =
                    "In which the transformer's layers compute: int8 on a CPU, fp16 and bf16 on a GPU; all else is float32. Default: ${DEFAULT-VALUE}.")
    private RolloutConfig.Precision precision;

    @Option(
            names = "--dry-run",
            description =
                    "Checks everything, prints what would be done and its memory, and draws nothing. Default: not.")
    private boolean dry;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "Folder for the pictures, new or empty. Default: samples, or samples-2 and so on where it exists.")
    private Path out;

    @Override
    public Integer call() throws Exception {
        int solverOrder = order != null ? order : solver == Method.Solver.DPM && kernel == null ? 2 : 1;
        SampleRequest request = new SampleRequest(
                new SampleRequest.Source(
                        model,
                        variant,
                        tuned,
                        adapters.stream().map(AdapterFile::parse).toList(),
                        merge),
                new SampleRequest.Words(prompts, file, negative, trueCfg, textLength),
                new SampleRequest.Look(
                        count, size == null ? null : SampleRequest.Size.parse(size), guidance, seed, batch, tiling),
                new Method(
                        steps,
                        pMix,
                        comparison == null ? null : SampleRequest.Comparison.parse(comparison),
                        kernel,
                        eta,
                        solver,
                        solverOrder,
                        rng),
                engine.given(),
                precision,
                out);
        return new SampleRun(request, engine.usable(PRECISION, precision), dry, Console.of(spec.commandLine()))
                .call()
                .code();
    }
}
