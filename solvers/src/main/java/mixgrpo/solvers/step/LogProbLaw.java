package mixgrpo.solvers.step;

/**
 * How likely a step's outcome is: {@code logProb = scale * mean((x' - mean)^2) + offset}, the mean over all elements of
 * one image.
 *
 * @param scale below 0
 */
public record LogProbLaw(double scale, double offset) {

    /** CPS's: minus the mean squared deviation, without variance or normaliser (arXiv 2509.05952). */
    public static final LogProbLaw SQUARED_DEVIATION = new LogProbLaw(-1, 0);

    /**
     * Log-density of N(mean, noiseStd^2), averaged over the elements.
     *
     * @throws IllegalArgumentException if noiseStd is not above 0: a deterministic step has no density
     */
    public static LogProbLaw gaussian(double noiseStd) {
        if (!(noiseStd > 0)) {
            throw new IllegalArgumentException("a step with noise %s has no log-prob".formatted(noiseStd));
        }
        return new LogProbLaw(-1 / (2 * noiseStd * noiseStd), -Math.log(noiseStd) - .5 * Math.log(2 * Math.PI));
    }

    /** The log-prob of an outcome. */
    public double of(double meanSquaredDeviation) {
        return scale * meanSquaredDeviation + offset;
    }

    /** The same without the constant, which no ratio sees; the published code drops it for DanceGRPO's step. */
    public LogProbLaw withoutNormaliser() {
        return new LogProbLaw(scale, 0);
    }

    /**
     * The sum over so many elements instead of their mean. A clip range is tied to this choice: it grows by the same
     * factor.
     */
    public LogProbLaw summed(long elements) {
        return new LogProbLaw(scale * elements, offset * elements);
    }
}
