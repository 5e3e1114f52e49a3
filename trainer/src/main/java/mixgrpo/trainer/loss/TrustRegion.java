package mixgrpo.trainer.loss;

import mixgrpo.solvers.plan.Step;

/**
 * Flow-DPPO (arXiv 2606.11025): {@code -A ratio} without clipping, but left out where it would move the policy further away from a
 * mean that has already shifted by more than {@code threshold}, 1e-5 as published.
 */
public record TrustRegion(double threshold) implements Objective {

    public TrustRegion {
        if (!(threshold > 0)) {
            throw new IllegalArgumentException("loss.trustRegion: expected a positive threshold, got " + threshold);
        }
    }

    @Override
    public LossTerm of(Step step, Outcome outcome) {
        double ratio = StrictMath.exp(outcome.logProb() - outcome.oldLogProb());
        double value = -outcome.advantage() * ratio;
        boolean outside = outcome.meanShift() > threshold;
        boolean masked = outside && outcome.advantage() * (ratio - 1) > 0;
        return new LossTerm(masked ? 0 : value, 0, ratio, masked ? 0 : value, 0, outside, masked);
    }

    @Override
    public boolean needsMeans() {
        return true;
    }
}
