package mixgrpo.solvers.step;

/**
 * Multistep DPM-Solver for flow models (alpha = 1 - sigma): DPM-Solver++ (DATA, arXiv 2211.01095) and DPM-Solver
 * (NOISE, arXiv 2206.00927), as formulated in diffusers' {@code DPMSolverMultistepScheduler}. With lambda = ln((1 -
 * sigma) / sigma), h the step in lambda, and the estimates m0 (here), m1, m2 (one and two steps before), a step of
 * order k extrapolates the estimate by a polynomial of degree k - 1 in lambda. As ODE the order is the stated one; as
 * SDE the mean is, for an estimate that is such a polynomial.
 *
 * <p>Order 1 as ODE is the Euler step, in either prediction. Lambda is infinite at sigma 1 and 0: an estimate from
 * sigma = 1 carries no weight, so that the order falls by one, and the step to 0 is always of order 1.
 *
 * @param order largest order, 1 to 3
 * @param rule what order 2 does with the slope of the estimate; order 3 extends HEUN
 * @param version AS_SHIPPED repeats the defects of the published code, to compare with it
 */
public record DpmSolver(Prediction prediction, int order, Rule rule, Version version) {

    /** Two ways of order 2 to weigh the slope. */
    public enum Rule {
        /** The integral with the slope's weight taken as half of the value's. */
        MIDPOINT,
        /** The integral of the linear extrapolation, exact for an estimate linear in lambda. */
        HEUN
    }

    /** Which formulas. */
    public enum Version {
        CORRECTED,
        /**
         * DATA: the weight of order 3's second difference, half of what it should be, with a wrong sign in the SDE:
         * order 2 at best (diffusers has the same). NOISE: x0 where the formulas need eps; where the published code has
         * no finite value, an error.
         */
        AS_SHIPPED
    }

    /** DPM-Solver++ of order 1: as ODE the Euler step. */
    public static final DpmSolver FIRST_ORDER = new DpmSolver(Prediction.DATA, 1, Rule.MIDPOINT, Version.CORRECTED);

    public DpmSolver {
        if (order < 1 || order > 3) {
            throw new IllegalArgumentException("solver order: expected 1..3, got " + order);
        }
    }

    /** DPM-Solver++ as published tables use it: order 2 by midpoint, order 3 corrected. */
    public static DpmSolver plusPlus(int order) {
        return new DpmSolver(Prediction.DATA, order, Rule.MIDPOINT, Version.CORRECTED);
    }

    /** The same solver with the published code's defects. */
    public DpmSolver asShipped() {
        return new DpmSolver(prediction, order, rule, Version.AS_SHIPPED);
    }

    /**
     * The order of a step: diffusers' rule with a last level 0. {@code known} estimates are recorded, the step is
     * {@code index} of {@code count}.
     */
    public int orderAt(int known, int index, int count) {
        if (order == 1 || known < 1 || index == count - 1) {
            return 1;
        }
        return order == 2 || known < 2 || (index == count - 2 && count < 15) ? 2 : 3;
    }

    /** What later steps need to know of this one: the estimate that they extrapolate. */
    public Prediction recorded() {
        return misfed() ? Prediction.DATA : prediction;
    }

    /**
     * The deterministic step, of order {@code earlier.length + 1}.
     *
     * @param earlier levels of the steps before, newest first, all above sigma; at most order - 1
     * @throws IllegalArgumentException if levels do not fall, too many are given, or the version has no finite
     *     value there
     */
    public StepCoefficients ode(double sigma, double sigmaNext, double... earlier) {
        Slopes slopes = slopes(sigma, sigmaNext, earlier);
        StepCoefficients euler = misfed()
                ? fold((1 - sigmaNext) / (1 - sigma), -sigmaNext * growth(sigma, sigmaNext), 0, sigma)
                : StepCoefficients.ode(sigma, sigmaNext);
        if (slopes.order() == 1) {
            return euler;
        }
        double h = slopes.h();
        double value;
        double slope;
        double curve;
        if (prediction == Prediction.DATA) {
            double e = decay(sigma, sigmaNext);
            value = (1 - sigmaNext) * e;
            slope = (1 - sigmaNext) * (1 - e / h);
            curve = -(1 - sigmaNext) * ((h - e) / (h * h) - .5);
        } else {
            double e = growth(sigma, sigmaNext);
            value = -sigmaNext * e;
            slope = -sigmaNext * (e / h - 1);
            curve = -sigmaNext * ((e - h) / (h * h) - .5);
        }
        return extend(euler, slopes, midpoint(earlier) ? .5 * value : slope, curve * (isAsShipped() ? 1 : 2), sigma);
    }

    /**
     * The stochastic step, of order {@code earlier.length + 1}. To sigmaNext = 0 it gives the x0 estimate without
     * noise.
     *
     * @throws IllegalArgumentException as {@link #ode}; also for NOISE from sigma = 1 and of order 3, which do not
     *     exist
     */
    public StepCoefficients sde(double sigma, double sigmaNext, double... earlier) {
        Slopes slopes = slopes(sigma, sigmaNext, earlier);
        if (sigmaNext == 0) {
            return StepCoefficients.ode(sigma, 0);
        }
        double h = slopes.h();
        if (prediction == Prediction.NOISE) {
            if (sigma == 1 || slopes.order() == 3) {
                throw new IllegalArgumentException(
                        "DPM-Solver's SDE has no step from sigma = 1 and no order 3; use DPM-Solver++");
            }
            double e = growth(sigma, sigmaNext);
            StepCoefficients first =
                    fold((1 - sigmaNext) / (1 - sigma), -2 * sigmaNext * e, sigmaNext * Math.sqrt(e * (e + 2)), sigma);
            return slopes.order() == 1
                    ? first
                    : extend(
                            first, slopes, midpoint(earlier) ? -sigmaNext * e : -2 * sigmaNext * (e / h - 1), 0, sigma);
        }
        double once = decay(sigma, sigmaNext);
        double e = once * (2 - once);
        StepCoefficients first =
                fold(sigmaNext / sigma * (1 - once), (1 - sigmaNext) * e, sigmaNext * Math.sqrt(e), sigma);
        if (slopes.order() == 1) {
            return first;
        }
        double slope = (1 - sigmaNext) * (1 - e / (2 * h));
        double curve = (e - 2 * h) / (4 * h * h);
        return extend(
                first,
                slopes,
                midpoint(earlier) ? .5 * (1 - sigmaNext) * e : slope,
                (1 - sigmaNext) * (isAsShipped() ? curve - .5 : 2 * (curve + .5)),
                sigma);
    }

    private boolean isAsShipped() {
        return version == Version.AS_SHIPPED;
    }

    private boolean misfed() {
        return isAsShipped() && prediction == Prediction.NOISE;
    }

    private boolean midpoint(double[] earlier) {
        return rule == Rule.MIDPOINT && earlier.length == 1;
    }

    /** 1 - e^-h, without logarithms: finite at both ends. */
    private static double decay(double sigma, double sigmaNext) {
        return (sigma - sigmaNext) / (sigma * (1 - sigmaNext));
    }

    /** e^h - 1, finite inside (0, 1). */
    private static double growth(double sigma, double sigmaNext) {
        return (sigma - sigmaNext) / (sigmaNext * (1 - sigma));
    }

    /** keep x + weight m0 + noise, m0 written out in x and velocity. */
    private StepCoefficients fold(double keep, double weight, double noiseStd, double sigma) {
        return new StepCoefficients(keep + weight, weight * recorded().drive(sigma), noiseStd);
    }

    private Slopes slopes(double sigma, double sigmaNext, double[] earlier) {
        StepCoefficients.checked(sigma, sigmaNext);
        if (earlier.length >= order) {
            throw new IllegalArgumentException("solver of order %d: expected at most %d earlier levels, got %d"
                    .formatted(order, order - 1, earlier.length));
        }
        double below = sigma;
        for (double level : earlier) {
            StepCoefficients.checked(level, below);
            below = level;
        }
        if (misfed() && (sigma == 1 || sigmaNext == 0 || earlier.length == 2)) {
            throw new IllegalArgumentException(
                    ("DPM-Solver as shipped has no finite step from sigma %s to %s at order %d; "
                                    + "use version CORRECTED or DPM-Solver++")
                            .formatted(sigma, sigmaNext, earlier.length + 1));
        }
        return new Slopes(sigma, sigmaNext, earlier);
    }

    /** A step of order 1 with the slope's and the curve's share added. */
    private StepCoefficients extend(StepCoefficients first, Slopes slopes, double slope, double curve, double sigma) {
        double here = slopes.weight(0, slope, curve);
        return new StepCoefficients(
                first.keep() + here,
                first.drive() + here * recorded().drive(sigma),
                first.noiseStd(),
                slopes.weight(1, slope, curve),
                slopes.weight(2, slope, curve));
    }
}
