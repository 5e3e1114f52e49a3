package mixgrpo.trainer.policy;

import mixgrpo.trainer.loss.LossTerm;

/**
 * How far the policy is from the one that sampled, over every (image, step) that a forward pass was needed for.
 *
 * @param ratio of new to old probability
 * @param deviation distance of the ratio from 1
 * @param logProbDeviation distance between the policy's log-prob and the engine's when it sampled
 * @param kl half the squared difference of new and old log-prob, before its coefficient
 * @param outside how many ratios were out of range, on whichever side
 * @param clipped how many of these on the side that gives no gradient
 */
public record RatioStats(
        Summary ratio, Summary deviation, Summary logProbDeviation, Summary kl, long outside, long clipped) {

    static final RatioStats NONE = new RatioStats(Summary.NONE, Summary.NONE, Summary.NONE, Summary.NONE, 0, 0);

    static RatioStats of(LossTerm term, double logProbDeviation) {
        return new RatioStats(
                Summary.of(term.ratio()),
                Summary.of(Math.abs(term.ratio() - 1)),
                Summary.of(logProbDeviation),
                Summary.of(term.kl()),
                term.outside() ? 1 : 0,
                term.clipped() ? 1 : 0);
    }

    RatioStats plus(RatioStats other) {
        return new RatioStats(
                ratio.plus(other.ratio),
                deviation.plus(other.deviation),
                logProbDeviation.plus(other.logProbDeviation),
                kl.plus(other.kl),
                outside + other.outside,
                clipped + other.clipped);
    }

    /** Share of (image, step) whose ratio is clipped so that they give no gradient; NaN of nothing. */
    public double clipFraction() {
        return (double) clipped / ratio.count();
    }
}
