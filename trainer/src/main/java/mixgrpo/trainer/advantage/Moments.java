package mixgrpo.trainer.advantage;

import java.util.Arrays;
import mixgrpo.trainer.advantage.AdvantageRule.Arithmetic;

/** Mean and standard deviation (N - 1) of rewards, as they are in double or as float32 rounds them. */
record Moments(double mean, double std) {

    /**
     * Of all rewards but the lowest share, at least of two; without any, both are 0, and the deviation of a single one is.
     *
     * @param rewards none is NaN
     */
    static Moments of(double[] rewards, double trimmedRatio, Arithmetic arithmetic) {
        if (rewards.length == 0) {
            return new Moments(0, 0);
        }
        int trimmed = Math.max(0, Math.min((int) (rewards.length * trimmedRatio), rewards.length - 2));
        double[] kept = rewards;
        if (trimmed > 0) {
            kept = Arrays.copyOfRange(Arrays.stream(rewards).sorted().toArray(), trimmed, rewards.length);
        }
        return arithmetic == Arithmetic.FLOAT32 ? inFloat32(kept) : inDouble(kept);
    }

    private static Moments inDouble(double[] rewards) {
        if (Arrays.stream(rewards).allMatch(reward -> reward == rewards[0])) {
            return new Moments(rewards[0], 0); // the mean of equal numbers may round
        }
        double mean = Arrays.stream(rewards).sum() / rewards.length;
        return new Moments(mean, deviation(rewards, mean));
    }

    private static Moments inFloat32(double[] rewards) {
        float sum = 0;
        for (double reward : rewards) {
            sum += (float) reward; // rounds, so that the mean of equal numbers may differ from them
        }
        float mean = sum / rewards.length;
        return new Moments(mean, (float) deviation(rewards, mean));
    }

    private static double deviation(double[] rewards, double mean) {
        if (rewards.length < 2) {
            return 0;
        }
        double squares = Arrays.stream(rewards)
                .map(reward -> (reward - mean) * (reward - mean))
                .sum();
        return Math.sqrt(squares / (rewards.length - 1));
    }
}
