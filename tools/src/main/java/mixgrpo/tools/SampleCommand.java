package mixgrpo.tools;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tools/sample}: draws pictures. */
@Command(
        customSynopsis =
                "tools/sample [--model DIR] [--prompt TEXT]... [--prompts FILE] [--count N] [--steps N] [--seed N] [--out DIR]",
        description = {
            "Draws pictures of prompts with a run's tuned model or with the built-in base: a PNG each that says how it was made, a grid,"
                    + " and a list with the seeds, samples.json."
        },
        footer = {
            "  tools/sample --model runs/quickstart --prompt \"two red circles\"",
            "  tools/sample --model runs/quickstart --prompts prompts.txt --count 8"
        })
final class SampleCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            defaultValue = "scenes",
            description = "Folder of a run, a model folder, or the built-in model's name. Default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "What to draw; may be given several times. Default: a few of the scenes world.")
    private List<String> prompts = new ArrayList<>();

    @Option(names = "--prompts", paramLabel = "FILE", description = "More of them, one a line. Default: none.")
    private Path file;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "4",
            description = "Pictures of each prompt. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Steps from noise to picture. Default: the run's, 10 without a run.")
    private Integer steps;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Of the first picture's noise; the next has the next. A seed and a prompt give the same picture every time. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "Folder for the pictures, new or empty. Default: samples, or samples-2 and so on where it exists.")
    private Path out;

    @Override
    public Integer call() throws Exception {
        SampleRun.Request request = new SampleRun.Request(model, prompts, file, count, steps, seed, out);
        return new SampleRun(request, Console.of(spec.commandLine())).call().code();
    }
}
