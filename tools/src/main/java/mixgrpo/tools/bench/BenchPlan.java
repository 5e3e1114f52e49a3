package mixgrpo.tools.bench;

import java.util.List;
import mixgrpo.tools.figures.Word;
import mixgrpo.trainer.config.RolloutConfig.OdePrecision;
import mixgrpo.trainer.torchscript.Precision;

/**
 * What is measured.
 *
 * @param policy see {@link BenchPolicy#open}
 * @param modelVariant which of several weights of its folder; empty for the plain ones
 * @param variant of the method
 * @param windowStart first step of the window; 0 for variants whose window does not move
 * @param images of a prompt
 * @param minibatch images of a prompt in one update, at the most
 * @param steps of a trajectory
 * @param prompts of an iteration
 * @param tokens of a picture
 * @param textTokens of a prompt
 * @param threads of the engines and of libtorch
 * @param precision of linear layers in training
 * @param odePrecision of the sampling steps outside the window
 * @param recompute whether activations are computed again in the backward pass
 * @param repeat repetitions after one to warm up
 */
public record BenchPlan(
        String policy,
        String modelVariant,
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
        OdePrecision odePrecision,
        boolean recompute,
        int repeat) {

    /** Steps in the window, as published. */
    static final int WINDOW_SIZE = 4;

    /** The methods that can be measured, by the presets of their names. */
    public enum Variant {
        MIXGRPO(true),
        FLASH(true),
        /** Its window stays at the first steps. */
        FLASH_STAR(false),
        /** It has no window: every step but the last is stochastic, and a random part is trained. */
        DANCEGRPO(false);

        private final boolean hasPlace;

        Variant(boolean hasPlace) {
            this.hasPlace = hasPlace;
        }

        /** The preset's key. */
        @Override
        public String toString() {
            return Word.of(this);
        }
    }

    /** Image tokens down and across. */
    public record Grid(int height, int width) {
        /** As many as a picture of 16,384 pixels along a side has. */
        private static final int MOST = 1 << 20;

        public Grid {
            if (height < 1 || width < 1 || (long) height * width > MOST) {
                throw new IllegalArgumentException(
                        "expected 1 to %d tokens in all, got %d,%d".formatted(MOST, height, width));
            }
        }

        int count() {
            return height * width;
        }
    }

    public BenchPlan {
        check("--steps", steps, WINDOW_SIZE, Integer.MAX_VALUE);
        check(
                "--window-start" + (variant.hasPlace ? "" : " with --variant " + variant),
                windowStart,
                0,
                variant.hasPlace ? steps - WINDOW_SIZE : 0);
        check("--images", images, 2, Integer.MAX_VALUE);
        check("--minibatch", minibatch, 1, images);
        check("--prompts", prompts, 1, Integer.MAX_VALUE);
        check("--text-tokens", textTokens, 1, Integer.MAX_VALUE);
        check("--threads", threads, 1, 9999);
        check("--repeat", repeat, 1, Integer.MAX_VALUE);
    }

    private static void check(String option, int got, int least, int most) {
        if (got < least || got > most) {
            String expected =
                    most == least ? "" + least : most == Integer.MAX_VALUE ? least + " or more" : least + ".." + most;
            throw new IllegalArgumentException("%s: expected %s, got %d".formatted(option, expected, got));
        }
    }

    /** Where the window lies, as {@code key=value} over the variant's preset. */
    List<String> window() {
        return switch (variant) {
            case DANCEGRPO -> List.of(); // the preset's is the last step but one of any number
            case MIXGRPO, FLASH, FLASH_STAR ->
                List.of("window.strategy=frozen", "window.first=" + windowStart, "window.size=" + WINDOW_SIZE);
        };
    }

    /** Updates of an iteration. */
    int minibatches() {
        return (images + minibatch - 1) / minibatch;
    }
}
