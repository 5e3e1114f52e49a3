package mixgrpo.trainer.policy;

/**
 * What a policy says about a group's window steps at one moment: plain data, without gradients.
 *
 * @param logProbs of the outcomes, [window step][image]; NaN where the image is not trained on the step
 * @param velocities at the latents before the step, [window step][row]: one row where the group shares these latents, otherwise one
 *     per image; null where it is not trained on the step
 */
public record Replay(double[][] logProbs, float[][][] velocities) {

    float[] velocity(int step, int image) {
        float[][] rows = velocities[step];
        return rows.length == 1 ? rows[0] : rows[image];
    }
}
