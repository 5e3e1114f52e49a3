package mixgrpo.trainer.policy;

import mixgrpo.trainer.loss.LossTerm;

/**
 * What taking gradients showed and cost.
 *
 * @param loss its share of the update's loss, factors and weights included
 * @param ratios between the policies of now and of sampling
 * @param referenceKl distance from the reference policy, before its coefficient; of nothing where there is none
 * @param passes through the network
 */
public record GradientStats(double loss, RatioStats ratios, Summary referenceKl, PassCounts passes) {

    public static final GradientStats NONE = new GradientStats(0, RatioStats.NONE, Summary.NONE, PassCounts.NONE);

    static GradientStats of(LossTerm term, double factor, double logProbDeviation) {
        return new GradientStats(
                factor * term.value(), RatioStats.of(term, logProbDeviation), Summary.NONE, PassCounts.NONE);
    }

    static GradientStats ofReference(double distance, double factor) {
        return new GradientStats(factor * distance, RatioStats.NONE, Summary.of(distance), PassCounts.NONE);
    }

    GradientStats plus(PassCounts more) {
        return new GradientStats(loss, ratios, referenceKl, passes.plus(more));
    }

    public GradientStats plus(GradientStats other) {
        return new GradientStats(
                loss + other.loss,
                ratios.plus(other.ratios),
                referenceKl.plus(other.referenceKl),
                passes.plus(other.passes));
    }
}
