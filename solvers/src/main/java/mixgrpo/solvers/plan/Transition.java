package mixgrpo.solvers.plan;

/**
 * What a window step leaves for training. The arrays are nobody else's any more; neighbouring transitions share them.
 *
 * @param before latents before the step: one row per group if {@code step.shared()}, otherwise one per image, null where the image
 *     is not trained on the step
 * @param after latents after it, one row per image, null where the image is not trained on the step
 * @param logProbs one per image, of {@code after} as it is stored; NaN where there is none
 */
public record Transition(Step step, float[][] before, float[][] after, double[] logProbs) {

    /** Whether the image, counted over all groups, is trained on the step. */
    public boolean trains(int image) {
        return after[image] != null;
    }

    /** The latents before the step of one image, counted over all groups. */
    public float[] before(int image) {
        return before[image / (after.length / before.length)];
    }
}
