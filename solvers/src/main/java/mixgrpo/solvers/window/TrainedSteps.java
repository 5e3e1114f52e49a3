package mixgrpo.solvers.window;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;

/**
 * Which of a window's steps an image is trained on: all of them, or a random part of its own, as DanceGRPO (arXiv 2505.07818) does.
 *
 * @param count how many steps, at the most
 * @param seed of the choice
 */
public record TrainedSteps(int count, long seed) {

    /** Every step of the window. */
    public static final TrainedSteps ALL = new TrainedSteps(Integer.MAX_VALUE, 0);

    public TrainedSteps {
        if (count < 1) {
            throw new IllegalArgumentException("trained steps: expected at least 1, got " + count);
        }
    }

    /**
     * floor(fraction (T - 1)) steps, at least one; the fraction as the decimal that it is written as.
     *
     * @param steps T, the steps of the whole schedule
     * @param fraction in (0, 1]; 1 takes the whole window
     */
    public static TrainedSteps random(int steps, double fraction, long seed) {
        if (!(fraction > 0 && fraction <= 1)) {
            throw new IllegalArgumentException("window.fraction: expected a number in (0, 1], got " + fraction);
        }
        int count = BigDecimal.valueOf(fraction)
                .multiply(BigDecimal.valueOf(steps - 1))
                .setScale(0, RoundingMode.FLOOR)
                .intValueExact();
        return fraction == 1 ? ALL : new TrainedSteps(Math.max(1, count), seed);
    }

    /** How many of a window's steps are trained. */
    public int of(int windowSize) {
        return Math.min(count, windowSize);
    }

    /**
     * The steps of one image in rising order; the same wherever seed, iteration and image are the same.
     *
     * @param window numbers of the window's steps; left as they are
     * @param image a number that is the image's own within the iteration
     */
    public int[] of(int[] window, int iteration, long image) {
        int[] steps = window.clone();
        int chosen = of(steps.length);
        if (chosen < steps.length) {
            Draws draws = new Draws(seed, iteration, image);
            for (int i = 0; i < chosen; i++) {
                int other = i + draws.below(steps.length - i);
                int step = steps[other];
                steps[other] = steps[i];
                steps[i] = step;
            }
            steps = Arrays.copyOf(steps, chosen);
            Arrays.sort(steps);
        }
        return steps;
    }
}
