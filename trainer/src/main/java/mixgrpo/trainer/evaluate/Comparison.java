package mixgrpo.trainer.evaluate;

import java.util.Arrays;
import org.apache.commons.rng.core.source64.SplitMix64;

/**
 * A reward before and after training, on the same prompts and noise, with a 95 % interval of the difference: percentile
 * bootstrap over prompts (a prompt's seeds stay together, for they are not independent of each other).
 *
 * @param base mean reward before
 * @param tuned mean reward after
 * @param low and {@code high}: the interval of {@code tuned - base}
 * @param prompts compared; those for which a reward failed everywhere are left out
 */
public record Comparison(double base, double tuned, double low, double high, int prompts) {

    private static final int RESAMPLES = 10_000;

    /**
     * @param before {@code [prompts][seeds]}; NaN is left out, on both sides
     * @throws IllegalArgumentException if the two measure different pictures, or nothing could be scored
     */
    public static Comparison of(double[][] before, double[][] after) {
        if (before.length != after.length) {
            throw new IllegalArgumentException(
                    "a comparison needs the same prompts, got %d and %d".formatted(before.length, after.length));
        }
        double[] differences = new double[before.length];
        int count = 0;
        double base = 0;
        double tuned = 0;
        for (int p = 0; p < before.length; p++) {
            double sumBefore = 0;
            double sumAfter = 0;
            int seeds = 0;
            for (int s = 0; s < before[p].length; s++) {
                if (!Double.isNaN(before[p][s]) && !Double.isNaN(after[p][s])) {
                    sumBefore += before[p][s];
                    sumAfter += after[p][s];
                    seeds++;
                }
            }
            if (seeds > 0) {
                differences[count++] = (sumAfter - sumBefore) / seeds;
                base += sumBefore / seeds;
                tuned += sumAfter / seeds;
            }
        }
        if (count == 0) {
            throw new IllegalArgumentException("a comparison needs at least one picture that both sides could score");
        }
        double[] means = new double[RESAMPLES];
        SplitMix64 random = new SplitMix64(RESAMPLES);
        for (int r = 0; r < RESAMPLES; r++) {
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += differences[random.nextInt(count)];
            }
            means[r] = sum / count;
        }
        Arrays.sort(means);
        return new Comparison(
                base / count,
                tuned / count,
                means[(int) (.025 * RESAMPLES)],
                means[(int) (.975 * RESAMPLES) - 1],
                count);
    }

    public double delta() {
        return tuned - base;
    }

    /** Whether the interval lies above 0. */
    public boolean improves() {
        return low > 0;
    }
}
