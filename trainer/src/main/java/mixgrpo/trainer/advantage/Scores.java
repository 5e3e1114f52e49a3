package mixgrpo.trainer.advantage;

import java.util.Arrays;
import mixgrpo.trainer.advantage.AdvantageRule.Arithmetic;
import mixgrpo.trainer.advantage.AdvantageRule.Failure;
import mixgrpo.trainer.config.LossConfig.Scope;

/** One reward's z-scores. */
final class Scores {

    private final AdvantageRule rule;

    private Scores(AdvantageRule rule) {
        this.rule = rule;
    }

    /**
     * Normalises one reward.
     *
     * @param rewards [group][image], NaN where there is none
     * @return scores in the same shape, 0 where a reward is masked; arrays of the caller
     */
    static double[][] of(double[][] rewards, AdvantageRule rule) {
        return new Scores(rule).of(rewards);
    }

    private double[][] of(double[][] rewards) {
        Moments all =
                moments(Arrays.stream(rewards).flatMapToDouble(Arrays::stream).toArray());
        double[][] scores = new double[rewards.length][];
        for (int group = 0; group < rewards.length; group++) {
            Moments own = moments(rewards[group]);
            double mean = rule.scope() == Scope.GLOBAL ? all.mean() : own.mean();
            double std = rule.scope() == Scope.GROUP ? own.std() : all.std();
            scores[group] = Arrays.stream(rewards[group])
                    .map(reward -> score(counted(reward), mean, std))
                    .toArray();
        }
        return scores;
    }

    private Moments moments(double[] rewards) {
        double[] counted = Arrays.stream(rewards)
                .map(this::counted)
                .filter(reward -> !Double.isNaN(reward))
                .toArray();
        return Moments.of(counted, rule.trimmedRatio(), rule.arithmetic());
    }

    /** The reward as it enters mean and deviation; NaN if it does not. */
    private double counted(double reward) {
        if (Double.isNaN(reward) && rule.failure() == Failure.ZERO) {
            return 0;
        }
        return rule.arithmetic() == Arithmetic.FLOAT32 ? (float) reward : reward;
    }

    private double score(double reward, double mean, double std) {
        if (Double.isNaN(reward)) {
            return 0;
        }
        if (rule.arithmetic() == Arithmetic.FLOAT32) {
            return ((float) reward - (float) mean) / ((float) std + (float) rule.epsilon());
        }
        return (reward - mean) / (std + rule.epsilon());
    }
}
