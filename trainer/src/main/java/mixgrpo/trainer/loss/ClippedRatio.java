package mixgrpo.trainer.loss;

import mixgrpo.solvers.plan.Step;

/**
 * {@code max(-A ratio, -A clamp(ratio, 1 - clipRange, 1 + clipRange))} with {@code ratio = exp(logProb - oldLogProb)} (PPO,
 * arXiv 1707.06347, eq. 7).
 */
public record ClippedRatio(double clipRange) implements Objective {

    public ClippedRatio {
        if (!(clipRange > 0)) {
            throw new IllegalArgumentException("loss.clipRange: expected a positive number, got " + clipRange);
        }
    }

    @Override
    public LossTerm of(Step step, Outcome outcome) {
        return clipped(outcome.advantage(), StrictMath.exp(outcome.logProb() - outcome.oldLogProb()), clipRange);
    }

    /** The clipped loss of a ratio whose logarithm rises by 1 with the log-prob. */
    static LossTerm clipped(double advantage, double ratio, double clipRange) {
        double clamped = Math.max(1 - clipRange, Math.min(1 + clipRange, ratio));
        boolean outside = Math.abs(ratio - 1) > clipRange;
        boolean clipped = outside && advantage * (ratio - 1) > 0;
        return new LossTerm(
                Math.max(-advantage * ratio, -advantage * clamped),
                0,
                ratio,
                clipped ? 0 : -advantage * ratio,
                0,
                outside,
                clipped);
    }
}
