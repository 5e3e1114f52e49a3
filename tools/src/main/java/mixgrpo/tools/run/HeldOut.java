package mixgrpo.tools.run;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import mixgrpo.trainer.evaluate.Evaluation;

/**
 * A reward on prompts that were never trained on, before and after.
 *
 * @param base mean over prompts with the base model
 * @param tuned mean over prompts with the tuned model
 * @param delta tuned - base
 * @param low lower end of delta's 95 % interval
 * @param high upper end of it
 * @param prompts that were measured; of fewer than {@value #FEW} an interval says nothing that could be relied on
 */
public record HeldOut(double base, double tuned, double delta, double low, double high, int prompts) {

    private static final int RESAMPLES = 10_000;
    private static final int FEW = 10;

    /**
     * The outcome and its percentile bootstrap interval: prompts are drawn again with replacement, each with its base and its tuned
     * reward, because prompts are what the result shall hold for.
     *
     * @param base mean reward of each prompt with the base model
     * @param tuned the same prompts' with the tuned model
     */
    public static HeldOut of(double[] base, double[] tuned) {
        if (base.length != tuned.length || base.length == 0) {
            throw new IllegalArgumentException("held-out rewards: expected as many of base as of tuned, got %d and %d"
                    .formatted(base.length, tuned.length));
        }
        double[] gains = IntStream.range(0, base.length)
                .mapToDouble(prompt -> tuned[prompt] - base[prompt])
                .toArray();
        SplittableRandom random = new SplittableRandom(0);
        double[] means = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            double sum = 0;
            for (int k = 0; k < gains.length; k++) {
                sum += gains[random.nextInt(gains.length)];
            }
            means[i] = sum / gains.length;
        }
        Arrays.sort(means);
        double low = means[(int) Math.round(0.025 * (RESAMPLES - 1))];
        double high = means[(int) Math.round(0.975 * (RESAMPLES - 1))];
        return new HeldOut(mean(base), mean(tuned), mean(gains), low, high, base.length);
    }

    /** The outcome by reward. A reward that failed for every picture is left out. */
    public static Map<String, HeldOut> of(Evaluation.Result base, Evaluation.Result tuned) {
        Map<String, HeldOut> outcomes = new LinkedHashMap<>();
        base.rewards().forEach((reward, before) -> {
            Evaluation.Pair pair = Evaluation.Pair.of(before, tuned.rewards().get(reward));
            if (pair.before().length > 0) {
                outcomes.put(reward, of(pair.before(), pair.after()));
            }
        });
        return outcomes;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    /** Whether there are too few prompts for an interval. */
    public boolean hasTooFew() {
        return areTooFew(prompts);
    }

    /** Whether so many prompts are too few for an interval: of a single one it would have no width at all. */
    public static boolean areTooFew(int prompts) {
        return prompts < FEW;
    }

    /** Whether the whole interval lies above 0. */
    public boolean improved() {
        return !hasTooFew() && low > 0;
    }

    /** Whether the whole interval lies below 0. */
    public boolean worsened() {
        return !hasTooFew() && high < 0;
    }

    /** The interval in words. */
    public String interval() {
        return hasTooFew() ? "too few for an interval" : "95 %% interval [%+.3f, %+.3f]".formatted(low, high);
    }
}
