package mixgrpo.trainer.policy;

import java.util.Arrays;
import java.util.List;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.solvers.plan.Transition;

/**
 * What a policy says about a group's window steps at one moment: plain data, without gradients.
 *
 * @param logProbs of the outcomes, [window step][image]; NaN where the image is not trained on the step or was not asked for
 * @param velocities at the latents before the step, [window step][row]: one row where the group shares these latents, otherwise one
 *     per image; null where it is not trained on the step or was not asked for; no steps where only log-probs are kept
 */
public record Replay(double[][] logProbs, float[][][] velocities) {

    /** With room for every image. */
    static Replay ofNothing(List<Transition> transitions) {
        double[][] logProbs = new double[transitions.size()][];
        float[][][] velocities = new float[transitions.size()][][];
        for (int step = 0; step < logProbs.length; step++) {
            logProbs[step] = new double[transitions.get(step).after().length];
            Arrays.fill(logProbs[step], Double.NaN);
            velocities[step] = new float[transitions.get(step).before().length][];
        }
        return new Replay(logProbs, velocities);
    }

    /** The same without velocities, which are as large as the latents. */
    Replay withoutVelocities() {
        return new Replay(logProbs, new float[0][][]);
    }

    /** Distance between its log-probs and those that the engine gave the group when it sampled. */
    Summary logProbDeviation(Group group) {
        Summary deviation = Summary.NONE;
        for (int k = 0; k < logProbs.length; k++) {
            double[] engine = group.transitions().get(k).logProbs();
            for (int image = 0; image < engine.length; image++) {
                if (!Double.isNaN(logProbs[k][image])) { // asked for
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
