package mixgrpo.solvers.step;

/**
 * The stochastic step of the window and its log-prob law. All are of order 1.
 *
 * @param level eta of FLOW and DANCE, above 0; share of fresh noise of CPS, in (0, 1]; unused by DPM
 * @param normalised whether a log-prob carries the Gaussian's normaliser; CPS has none in either case
 * @param summed elements of an image that log-probs are summed over; 1 where they are averaged. A clip range is tied to this choice
 */
public record Kernel(Family family, double level, boolean normalised, long summed) {

    /** The kinds of stochastic step. */
    public enum Family {
        /** {@code g = eta sqrt(sigma / (1 - sigma))}: Flow-GRPO, arXiv 2505.05470. */
        FLOW,
        /** {@code g = eta}: DanceGRPO, arXiv 2505.07818. */
        DANCE,
        /** {@link StepCoefficients#cps}: Flow-CPS, arXiv 2509.05952. */
        CPS,
        /** DPM-Solver++ SDE of order 1: arXiv 2211.01095 with the noise of its appendix, in flow form. */
        DPM
    }

    public Kernel {
        if (family != Family.DPM && !(level > 0 && level < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("rollout.eta: expected a number above 0, got " + level);
        }
        if (family == Family.CPS && level > 1) {
            throw new IllegalArgumentException("rollout.eta: expected at most 1 with kernel cps, got " + level);
        }
    }

    /**
     * Flow-GRPO's, log-probs averaged and with normaliser.
     *
     * @param eta strength of the noise, above 0; published scripts take 0.7
     * @throws IllegalArgumentException if it is not
     */
    public static Kernel flow(double eta) {
        return new Kernel(Family.FLOW, eta, true, 1);
    }

    /**
     * DanceGRPO's, log-probs averaged and with normaliser.
     *
     * @param eta the diffusion itself, above 0; published scripts take 0.3
     * @throws IllegalArgumentException if it is not
     */
    public static Kernel dance(double eta) {
        return new Kernel(Family.DANCE, eta, true, 1);
    }

    /**
     * Coefficients-preserving sampling: the noise level behind the step is exact. Its log-prob has no normaliser.
     *
     * @param level share of fresh noise in the step's noise, as the quarter turn's, in (0, 1]
     * @throws IllegalArgumentException if it is not
     */
    public static Kernel cps(double level) {
        return new Kernel(Family.CPS, level, true, 1);
    }

    /** The SDE of DPM-Solver++ of order 1, log-probs averaged and with normaliser; its noise has no strength to choose. */
    public static Kernel dpm() {
        return new Kernel(Family.DPM, 1, true, 1);
    }

    /** The same kernel, its log-probs without normaliser, as the published code has it for DANCE. */
    public Kernel withoutNormaliser() {
        return new Kernel(family, level, false, summed);
    }

    /** The same kernel, its log-probs summed over so many elements instead of averaged. */
    public Kernel summed(long elements) {
        return new Kernel(family, level, normalised, elements);
    }

    /**
     * The step from sigma to sigmaNext.
     *
     * @param sigmaFirst the schedule's second level. FLOW's g has a pole at sigma = 1: above sigmaFirst, that is at
     *     the first step, its denominator takes sigmaFirst, which makes noiseStd eta for a schedule that starts at 1
     *     and barely less for one that starts below
     */
    public StepCoefficients step(double sigma, double sigmaNext, double sigmaFirst) {
        return switch (family) {
            case FLOW ->
                StepCoefficients.sde(sigma, sigmaNext, s -> level * Math.sqrt(s / (1 - Math.min(s, sigmaFirst))));
            case DANCE -> StepCoefficients.sde(sigma, sigmaNext, s -> level);
            case CPS -> StepCoefficients.cps(sigma, sigmaNext, level);
            case DPM -> DpmSolver.FIRST_ORDER.sde(sigma, sigmaNext);
        };
    }

    /**
     * The law of a step with such noise.
     *
     * @throws IllegalArgumentException if the step has no noise and the kernel's law is a density: DPM's step to
     *     sigma = 0
     */
    public LogProbLaw logProb(double noiseStd) {
        if (family == Family.CPS) {
            return LogProbLaw.SQUARED_DEVIATION.summed(summed);
        }
        if (family == Family.DPM && noiseStd == 0) {
            throw new IllegalArgumentException(
                    "kernel dpm: its step to sigma 0 has no noise and so no log-prob; leave the last step to the ODE (window.last = rollout.steps - 2)");
        }
        LogProbLaw law = LogProbLaw.gaussian(noiseStd);
        return (normalised ? law : law.withoutNormaliser()).summed(summed);
    }
}
