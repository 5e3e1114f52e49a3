package mixgrpo.trainer.loss;

/**
 * What an objective sees of one image at one step.
 *
 * @param advantage of the image
 * @param logProb of the step's outcome under the policy
 * @param oldLogProb under the policy that sampled it
 * @param meanShift {@code mean((mu - muOld)^2) / (2 noiseStd^2)} over the elements, how far the policy's mean has moved; NaN where the
 *     old means are not kept
 */
public record Outcome(double advantage, double logProb, double oldLogProb, double meanShift) {}
