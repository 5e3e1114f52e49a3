package mixgrpo.trainer.loss;

import mixgrpo.solvers.plan.Step;

/**
 * GRPO-Guard (arXiv 2510.22319): the ratio {@code exp((logProb - oldLogProb + meanShift) * noiseStd)} is centred at 1 and spreads alike
 * at all steps, and a step's loss is divided by -dt. Its clip range is another one than {@link ClippedRatio}'s (2e-6 in published
 * recipes). For Gaussian log-probs averaged over the elements.
 */
public record GuardedRatio(double clipRange) implements Objective {

    public GuardedRatio {
        if (!(clipRange > 0)) {
            throw new IllegalArgumentException("loss.clipRange: expected a positive number, got " + clipRange);
        }
    }

    @Override
    public LossTerm of(Step step, Outcome outcome) {
        double noiseStd = step.coefficients().noiseStd();
        double shifted = outcome.logProb() - outcome.oldLogProb() + outcome.meanShift();
        LossTerm term = ClippedRatio.clipped(outcome.advantage(), StrictMath.exp(shifted * noiseStd), clipRange)
                .times(1 / (step.sigma() - step.sigmaNext()));
        double derivative = noiseStd * term.byLogProb();
        return new LossTerm(term.value(), 0, term.ratio(), derivative, derivative, term.outside(), term.clipped());
    }

    @Override
    public boolean needsMeans() {
        return true;
    }
}
