package mixgrpo.trainer.policy;

import mixgrpo.trainer.loss.LossTerm;

/**
 * What taking gradients showed and cost. Ratios and log-probs are those of every (image, step) that a forward pass was needed for.
 *
 * @param loss its share of the update's loss, factors and weights included
 * @param ratio of new to old probability
 * @param ratioDeviation distance of the ratio from 1
 * @param logProbDeviation distance between new and old log-prob
 * @param kl half the squared difference of new and old log-prob, before its coefficient
 * @param referenceKl distance from the reference policy, before its coefficient; of nothing where there is none
 * @param outside how many ratios were out of range, on whichever side
 * @param clipped how many of these on the side that gives no gradient
 * @param rows latents that went through forward passes
 * @param backwardRows how many of these went through a backward pass too
 * @param forwards forward passes
 * @param backwards backward passes
 * @param skippedBackwards backward passes left out because every gradient is exactly 0
 */
public record GradientStats(
        double loss,
        Summary ratio,
        Summary ratioDeviation,
        Summary logProbDeviation,
        Summary kl,
        Summary referenceKl,
        long outside,
        long clipped,
        long rows,
        long backwardRows,
        long forwards,
        long backwards,
        long skippedBackwards) {

    public static final GradientStats NONE = new GradientStats(
            0, Summary.NONE, Summary.NONE, Summary.NONE, Summary.NONE, Summary.NONE, 0, 0, 0, 0, 0, 0, 0);

    static GradientStats of(LossTerm term, double factor, double logProbDeviation) {
        return new GradientStats(
                factor * term.value(),
                Summary.of(term.ratio()),
                Summary.of(Math.abs(term.ratio() - 1)),
                Summary.of(logProbDeviation),
                Summary.of(term.kl()),
                Summary.NONE,
                term.outside() ? 1 : 0,
                term.clipped() ? 1 : 0,
                0,
                0,
                0,
                0,
                0);
    }

    static GradientStats ofReference(double distance, double factor) {
        return new GradientStats(
                factor * distance,
                Summary.NONE,
                Summary.NONE,
                Summary.NONE,
                Summary.NONE,
                Summary.of(distance),
                0,
                0,
                0,
                0,
                0,
                0,
                0);
    }

    static GradientStats ofPasses(long rows, boolean backward) {
        return new GradientStats(
                0,
                Summary.NONE,
                Summary.NONE,
                Summary.NONE,
                Summary.NONE,
                Summary.NONE,
                0,
                0,
                rows,
                backward ? rows : 0,
                rows > 0 ? 1 : 0,
                backward ? 1 : 0,
                backward ? 0 : 1);
    }

    public GradientStats plus(GradientStats other) {
        return new GradientStats(
                loss + other.loss,
                ratio.plus(other.ratio),
                ratioDeviation.plus(other.ratioDeviation),
                logProbDeviation.plus(other.logProbDeviation),
                kl.plus(other.kl),
                referenceKl.plus(other.referenceKl),
                outside + other.outside,
                clipped + other.clipped,
                rows + other.rows,
                backwardRows + other.backwardRows,
                forwards + other.forwards,
                backwards + other.backwards,
                skippedBackwards + other.skippedBackwards);
    }

    /** Share of (image, step) whose ratio is clipped so that they give no gradient; NaN of nothing. */
    public double clipFraction() {
        return (double) clipped / ratio.count();
    }
}
