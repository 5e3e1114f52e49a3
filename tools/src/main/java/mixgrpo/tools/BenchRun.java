package mixgrpo.tools;

import java.nio.file.Path;
import java.util.Locale;
import mixgrpo.trainer.torchscript.Precision;

/** The measurement of an iteration. */
final class BenchRun {

    /** The methods that can be measured. */
    enum Variant {
        MIXGRPO;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Image tokens down and across. */
    record Grid(int height, int width) {}

    /**
     * @param policy transformer folder or the built-in model's name
     * @param windowStart first step of the window
     * @param images of a prompt
     * @param minibatch images of a prompt in one update
     * @param recompute whether activations are computed again in the backward pass
     * @param repeat repetitions after one to warm up
     */
    record Plan(
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

        Plan {
            check("--window-start", windowStart, 0, steps - 1);
            check("--images", images, 2, Integer.MAX_VALUE);
            check("--minibatch", minibatch, 1, images);
            check("--steps", steps, 2, Integer.MAX_VALUE);
            check("--prompts", prompts, 1, Integer.MAX_VALUE);
            check("--text-tokens", textTokens, 1, Integer.MAX_VALUE);
            check("--threads", threads, 1, Integer.MAX_VALUE);
            check("--repeat", repeat, 1, Integer.MAX_VALUE);
        }

        private static void check(String option, int got, int least, int most) {
            if (got < least || got > most) {
                String expected = most == Integer.MAX_VALUE ? least + " or more" : least + ".." + most;
                throw new IllegalArgumentException("%s: expected %s, got %d".formatted(option, expected, got));
            }
        }
    }

    private final Plan plan;
    private final Path json;
    private final Console console;

    /**
     * @param json where the figures go too, or null
     */
    BenchRun(Plan plan, Path json, Console console) {
        this.plan = plan;
        this.json = json;
        this.console = console;
    }

    ExitCode call() throws Exception {
        console.print("%s %s%n".formatted(plan, json));
        throw new IllegalStateException("the bench is not wired yet");
    }
}
