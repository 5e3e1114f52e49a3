package mixgrpo.trainer.policy;

import mixgrpo.runtime.rollout.Group;

/**
 * What a policy says about a group's window steps at one moment: plain data, without gradients.
 *
 * @param logProbs of the outcomes, [window step][image]; NaN where the image is not trained on the step
 * @param velocities at the latents before the step, [window step][row]: one row where the group shares these latents, otherwise one
 *     per image; null where it is not trained on the step
 */
public record Replay(double[][] logProbs, float[][][] velocities) {

    /** Distance between its log-probs and those that the engine gave the group when it sampled. */
    Summary logProbDeviation(Group group) {
        Summary deviation = Summary.NONE;
        for (int k = 0; k < logProbs.length; k++) {
            double[] engine = group.transitions().get(k).logProbs();
            for (int image = 0; image < engine.length; image++) {
                if (!Double.isNaN(engine[image])) { // trained on the step
                    deviation = deviation.plus(Summary.of(Math.abs(logProbs[k][image] - engine[image])));
                }
            }
        }
        return deviation;
    }

    float[] velocity(int step, int image) {
        float[][] rows = velocities[step];
        return rows.length == 1 ? rows[0] : rows[image];
    }
}
