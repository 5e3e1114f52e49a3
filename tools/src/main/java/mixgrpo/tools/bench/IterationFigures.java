package mixgrpo.tools.bench;

import java.util.Map;
import mixgrpo.tools.figures.Figures;
import mixgrpo.tools.run.Counted;

/**
 * What an iteration costs. Times are medians over the repetitions, each number for itself; processor seconds are those of all threads.
 *
 * @param variant of the method
 * @param secondsPerIteration wall time
 * @param cpuSecondsPerIteration processor time
 * @param phases by name; decode is next to nothing where the policy comes without an autoencoder
 * @param nfePerImage network calls per image in sampling; a call that serves several images counts for each its part
 * @param trainForwards latents that went forward for gradients, over all updates
 * @param trainBackwards how many of them went backward
 * @param peakMemoryBytes largest resident memory of the process, loading included
 * @param images of a prompt
 * @param threads of the engines and of libtorch
 * @param precision of linear layers in training, fp32 or bf16
 * @param recompute whether activations were computed again in the backward pass
 * @param odePrecision of the sampling steps outside the window, fp32 or int8
 * @param policy as it was given
 * @param parameters of the policy
 * @param prompts of an iteration
 * @param imageTokens of a picture
 * @param textTokens of a prompt
 * @param steps of a trajectory
 * @param windowStart first step of the window
 * @param windowSize its steps
 * @param trainedSteps how many of them each image is trained on
 * @param minibatch images of a prompt in one update
 * @param repetitions after the one to warm up
 * @param gigaflop of matrix products that the policy needs in an iteration
 * @param gigaflopPerCpuSecond what was reached of them
 * @param matmulGigaflopPerCpuSecond what libtorch's matrix products alone reach in this process
 * @param trainShareOfMatmul the training phase's rate as a share of libtorch's in the same precision; recomputation is no useful work
 */
public record IterationFigures(
        String variant,
        double secondsPerIteration,
        double cpuSecondsPerIteration,
        Map<String, Spent> phases,
        double nfePerImage,
        long trainForwards,
        long trainBackwards,
        long peakMemoryBytes,
        int images,
        int threads,
        String precision,
        boolean recompute,
        String odePrecision,
        String policy,
        long parameters,
        int prompts,
        int imageTokens,
        int textTokens,
        int steps,
        int windowStart,
        int windowSize,
        int trainedSteps,
        int minibatch,
        int repetitions,
        Work gigaflop,
        Work gigaflopPerCpuSecond,
        Rates matmulGigaflopPerCpuSecond,
        double trainShareOfMatmul)
        implements Figures {

    /** Time of a phase. */
    public record Spent(double wallSeconds, double cpuSeconds) {}

    /** Of sampling and of training. */
    public record Work(double rollout, double train) {}

    /** By precision. */
    public record Rates(double fp32, double bf16) {}

    /** For a person to read. */
    public String table() {
        StringBuilder text = new StringBuilder();
        text.append("policy %s: %.1f M parameters, %d image and %d text tokens%n"
                .formatted(policy, parameters / 1e6, imageTokens, textTokens));
        text.append("%s: %s of %d images, %d steps, window %d-%d%s, minibatches of %d%n"
                .formatted(
                        variant,
                        Counted.of(prompts, "prompt"),
                        images,
                        steps,
                        windowStart,
                        windowStart + windowSize - 1,
                        trainedSteps < windowSize ? " of which %d are trained".formatted(trainedSteps) : "",
                        minibatch));
        text.append("%s, training in %s %s recomputation; median of %d%n%n"
                .formatted(Counted.of(threads, "thread"), precision, recompute ? "with" : "without", repetitions));
        text.append("%-12s %10s %10s %8s%n".formatted("phase", "wall s", "cpu s", "share"));
        phases.forEach((phase, spent) -> text.append(line(phase, spent.wallSeconds(), spent.cpuSeconds())));
        text.append(line("iteration", secondsPerIteration, cpuSecondsPerIteration));
        text.append("%nnetwork calls per image: %.2f; training: %d latents forward, %d backward%n"
                .formatted(nfePerImage, trainForwards, trainBackwards));
        text.append("peak memory: %.2f GB%n".formatted(peakMemoryBytes / 1e9));
        text.append(
                "GFLOP/s of processor time: rollout %.0f, training %.0f, libtorch's matmul %.0f in fp32, %.0f in bf16%n"
                        .formatted(
                                gigaflopPerCpuSecond.rollout(),
                                gigaflopPerCpuSecond.train(),
                                matmulGigaflopPerCpuSecond.fp32(),
                                matmulGigaflopPerCpuSecond.bf16()));
        text.append("training step: %.0f %% of libtorch's matmul rate in %s%n"
                .formatted(100 * trainShareOfMatmul, precision));
        return text.toString();
    }

    private String line(String name, double wall, double cpu) {
        return "%-12s %10.3f %10.3f %6.1f %%%n".formatted(name, wall, cpu, 100 * cpu / cpuSecondsPerIteration);
    }
}
