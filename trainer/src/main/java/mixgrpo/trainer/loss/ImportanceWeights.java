package mixgrpo.trainer.loss;

/**
 * Truncated importance weights: where old log-probs are the trainer's, an image that the engine drew with another probability counts as
 * {@code min(exp(oldLogProb - engineLogProb), cap)} images. Without them the loss takes the engine's pictures for the trainer's own
 * (after IMPALA's truncation, arXiv 1802.01561). Log-probs as in the ratio: means over a latent's elements by default.
 *
 * @param cap of a weight; 0 for weights that are all 1
 */
public record ImportanceWeights(double cap) {

    /** All 1. */
    public static final ImportanceWeights NONE = new ImportanceWeights(0);

    public ImportanceWeights {
        if (!(cap >= 0)) {
            throw new IllegalArgumentException("loss.importanceCap: expected 0 or more, got " + cap);
        }
    }

    /**
     * The weight of an image at a step.
     *
     * @param oldLogProb under the policy, as the trainer computes it
     * @param engineLogProb as the engine that sampled it said
     */
    public double of(double oldLogProb, double engineLogProb) {
        return cap == 0 ? 1 : Math.min(cap, Math.exp(oldLogProb - engineLogProb));
    }
}
