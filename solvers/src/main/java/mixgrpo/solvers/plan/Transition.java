package mixgrpo.solvers.plan;

/**
 * What a window step leaves for training. The arrays are nobody else's any more; neighbouring transitions share them.
 *
 * @param before latents before the step: one row per group if {@code step.shared()}, otherwise one per image
 * @param after latents after it, one row per image
 * @param logProbs one per image, of {@code after} as it is stored
 */
public record Transition(Step step, float[][] before, float[][] after, double[] logProbs) {

    /** The latents before the step of one image, counted over all groups. */
    public float[] before(int image) {
        return before[image / (after.length / before.length)];
    }
}
