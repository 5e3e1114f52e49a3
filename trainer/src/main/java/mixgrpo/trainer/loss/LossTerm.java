package mixgrpo.trainer.loss;

/**
 * The loss of one image at one step.
 *
 * @param value of the loss, to be lowered
 * @param kl half the squared difference of new and old log-prob, before its coefficient
 * @param ratio of new to old probability, as the objective defines it
 * @param byLogProb derivative of the value by the new log-prob
 * @param byMeanShift derivative of the value by {@link Outcome#meanShift}
 * @param outside whether the ratio is out of its range, on whichever side
 * @param clipped whether the objective therefore does not reward a further move, so that its derivative is exactly 0
 */
public record LossTerm(
        double value, double kl, double ratio, double byLogProb, double byMeanShift, boolean outside, boolean clipped) {

    LossTerm times(double factor) {
        return new LossTerm(factor * value, kl, ratio, factor * byLogProb, factor * byMeanShift, outside, clipped);
    }

    /** With {@code coefficient * (new - old)^2 / 2}. */
    LossTerm withKl(double coefficient, double logProbDifference) {
        double half = .5 * logProbDifference * logProbDifference;
        return new LossTerm(
                value + coefficient * half,
                half,
                ratio,
                byLogProb + coefficient * logProbDifference,
                byMeanShift,
                outside,
                clipped);
    }
}
