package mixgrpo.tools.bench;

import java.util.Locale;
import mixgrpo.trainer.torchscript.Precision;

/**
 * What is measured.
 *
 * @param policy see {@link BenchPolicy#open}
 * @param variant of the method
 * @param windowStart first step of the window
 * @param images of a prompt
 * @param minibatch images of a prompt in one update, at the most
 * @param steps of a trajectory
 * @param prompts of an iteration
 * @param tokens of a picture
 * @param textTokens of a prompt
 * @param threads of the engines and of libtorch
 * @param precision of linear layers in training
 * @param recompute whether activations are computed again in the backward pass
 * @param repeat repetitions after one to warm up
 */
public record BenchPlan(
        String policy,
        Variant variant,
        int windowStart,
        int images,
        int minibatch,
        int steps,
        int prompts,
        Grid tokens,
        int textTokens,
        int threads,
        Precision precision,
        boolean recompute,
        int repeat) {

    /** Steps in the window, as published. */
    static final int WINDOW_SIZE = 4;

    /** The methods that can be measured. */
    public enum Variant {
        MIXGRPO;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Image tokens down and across. */
    public record Grid(int height, int width) {
        int count() {
            return height * width;
        }
    }

    public BenchPlan {
        check("--steps", steps, WINDOW_SIZE, Integer.MAX_VALUE);
        check("--window-start", windowStart, 0, steps - WINDOW_SIZE);
        check("--images", images, 2, Integer.MAX_VALUE);
        check("--minibatch", minibatch, 1, images);
        check("--prompts", prompts, 1, Integer.MAX_VALUE);
        check("--text-tokens", textTokens, 1, Integer.MAX_VALUE);
        check("--threads", threads, 1, 9999);
        check("--repeat", repeat, 1, Integer.MAX_VALUE);
    }

    private static void check(String option, int got, int least, int most) {
        if (got < least || got > most) {
            String expected = most == Integer.MAX_VALUE ? least + " or more" : least + ".." + most;
            throw new IllegalArgumentException("%s: expected %s, got %d".formatted(option, expected, got));
        }
    }

    /** Updates of an iteration. */
    int minibatches() {
        return (images + minibatch - 1) / minibatch;
    }
}
