package mixgrpo.solvers.plan;

import mixgrpo.solvers.step.LogProbLaw;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.step.StepCoefficients;

/**
 * One step of a trajectory: one network call and a linear combination.
 *
 * @param index number of the step, counted so that window steps bear their number in the full schedule
 * @param sigma noise level of the latents before the step, in (0, 1]
 * @param sigmaNext noise level after it
 * @param modelSigma noise level that the network is told
 * @param coefficients what makes the next latents of these
 * @param logProb law of the outcome's log-prob, or null where it is not kept
 * @param records estimate that a later step looks back at, or null
 * @param shared whether all images of a group have the same latents before the step, so that one network call
 *     serves the group
 * @param network which network gives the velocity
 */
public record Step(
        int index,
        double sigma,
        double sigmaNext,
        double modelSigma,
        StepCoefficients coefficients,
        LogProbLaw logProb,
        Prediction records,
        boolean shared,
        Network network) {

    /** Who may give a step's velocity. */
    public enum Network {
        /** The policy. */
        TUNED,
        /** The policy in a faster and coarser number format, for steps whose log-prob nobody asks for. */
        TUNED_COARSE,
        /** The model that the policy was tuned from: the last steps of hybrid inference (arXiv 2507.21802, p_mix). */
        BASE
    }

    public Step {
        if (logProb != null && looksBack(coefficients)) {
            throw new IllegalArgumentException(
                    ("step %d: a multistep SDE step cannot be trained, its mean depends on steps that are not kept; "
                                    + "use kernel dpm (order 1) in the window and a multistep solver after it")
                            .formatted(index));
        }
    }

    /** Whether the step's outcome has a log-prob, that is whether it is a step of the window. */
    public boolean isScored() {
        return logProb != null;
    }

    /** Whether the images of a group differ after the step even if they did not before. */
    public boolean diverges() {
        return isScored() || coefficients.noiseStd() > 0;
    }

    boolean looksBack() {
        return looksBack(coefficients);
    }

    private static boolean looksBack(StepCoefficients coefficients) {
        return coefficients.last() != 0 || coefficients.secondLast() != 0;
    }

    Step recording(Prediction estimate) {
        return new Step(index, sigma, sigmaNext, modelSigma, coefficients, logProb, estimate, shared, network);
    }

    Step on(Network other) {
        return new Step(index, sigma, sigmaNext, modelSigma, coefficients, logProb, records, shared, other);
    }
}
