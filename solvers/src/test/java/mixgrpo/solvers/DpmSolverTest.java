package mixgrpo.solvers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.DpmSolver.Rule;
import mixgrpo.solvers.step.DpmSolver.Version;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.step.StepCoefficients;
import org.junit.jupiter.api.Test;

class DpmSolverTest {

    private static DpmSolver solver(Prediction prediction, int order, Rule rule, Version version) {
        return new DpmSolver(prediction, order, rule, version);
    }

    private static DpmSolver corrected(Prediction prediction, int order, Rule rule) {
        return solver(prediction, order, rule, Version.CORRECTED);
    }

    @Test
    void firstOrderIsTheEulerStepForEveryPair() {
        Seeded.forEach(300, random -> {
            double[] levels = Seeded.levels(random);
            for (Prediction prediction : Prediction.values()) {
                StepCoefficients step = corrected(prediction, 1, Rule.MIDPOINT).ode(levels[0], levels[1]);
                assertEquals(StepCoefficients.ode(levels[0], levels[1]), step);
            }
        });
    }

    @Test
    void errorFallsAtTheStatedOrder() {
        Seeded.forEach(5, random -> {
            GaussianTarget target = new GaussianTarget(Seeded.gaussians(random, 4), .3 + random.nextDouble());
            double[] start = Seeded.gaussians(random, 4);
            for (Prediction prediction : Prediction.values()) {
                assertSlope(1, corrected(prediction, 1, Rule.MIDPOINT), target, start);
                assertSlope(2, corrected(prediction, 2, Rule.MIDPOINT), target, start);
                assertSlope(2, corrected(prediction, 2, Rule.HEUN), target, start);
                assertSlope(3, corrected(prediction, 3, Rule.HEUN), target, start);
            }
        });
    }

    @Test
    void shippedThirdOrderIsOfSecondOrder() {
        Seeded.forEach(5, random -> {
            GaussianTarget target = new GaussianTarget(Seeded.gaussians(random, 4), .3 + random.nextDouble());
            DpmSolver shipped = solver(Prediction.DATA, 3, Rule.HEUN, Version.AS_SHIPPED);
            assertEquals(2, slope(shipped, target, Seeded.gaussians(random, 4)), .3);
        });
    }

    private static void assertSlope(int order, DpmSolver solver, GaussianTarget target, double[] start) {
        double slope = slope(solver, target, start);
        assertEquals(order, slope, .3, solver.toString());
    }

    private static double slope(DpmSolver solver, GaussianTarget target, double[] start) {
        return Math.log(error(solver, target, start, 320) / error(solver, target, start, 640)) / Math.log(2);
    }

    /** Largest error along n steps even in lambda, with exact estimates from before the first step. */
    private static double error(DpmSolver solver, GaussianTarget target, double[] start, int n) {
        double from = lambda(.98);
        double h = (lambda(.02) - from) / n;
        List<double[]> estimates = new ArrayList<>();
        double[] x = start;
        double largest = 0;
        for (int i = -2; i < n; i++) {
            double sigma = sigma(from + i * h);
            if (i <= 0) {
                x = exact(target, start, sigma);
            }
            double[] velocity = target.velocity(x, sigma);
            if (i >= 0) {
                double[] earlier = new double[solver.order() - 1];
                for (int k = 0; k < earlier.length; k++) {
                    earlier[k] = sigma(from + (i - 1 - k) * h);
                }
                StepCoefficients step = solver.ode(sigma, sigma(from + (i + 1) * h), earlier);
                double[] next = DoubleSteps.mean(step, x, velocity, estimates);
                estimates.add(DoubleSteps.estimate(solver.recorded(), sigma, x, velocity));
                x = next;
                double[] there = exact(target, start, sigma(from + (i + 1) * h));
                largest = Math.max(largest, Math.sqrt(DoubleSteps.meanSquare(x, there)));
            } else {
                estimates.add(DoubleSteps.estimate(solver.recorded(), sigma, x, velocity));
            }
        }
        return largest;
    }

    /**
     * The flow through start at sigma = 1: every quantile keeps its place in the marginal N((1 - sigma) m,
     * deviation^2).
     */
    private static double[] exact(GaussianTarget target, double[] start, double sigma) {
        double deviation = Math.hypot((1 - sigma) * target.std(), sigma);
        double[] x = new double[start.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = (1 - sigma) * target.means()[i] + deviation * start[i];
        }
        return x;
    }

    @Test
    void odeIsExactForAPolynomialEstimate() {
        Seeded.forEach(50, random -> {
            for (Prediction prediction : Prediction.values()) {
                assertExact(random, corrected(prediction, 1, Rule.HEUN), 0, false);
                assertExact(random, corrected(prediction, 2, Rule.HEUN), 1, false);
                assertExact(random, corrected(prediction, 3, Rule.HEUN), 2, false);
            }
        });
    }

    @Test
    void sdeMeanIsExactForAPolynomialEstimate() {
        Seeded.forEach(50, random -> {
            assertExact(random, corrected(Prediction.DATA, 1, Rule.HEUN), 0, true);
            assertExact(random, corrected(Prediction.DATA, 2, Rule.HEUN), 1, true);
            assertExact(random, corrected(Prediction.DATA, 3, Rule.HEUN), 2, true);
        });
    }

    @Test
    void neitherMidpointNorTheShippedThirdOrderIsExact() {
        double[] sigmas = {.9, .8, .65, .5};
        DpmSolver midpoint = corrected(Prediction.DATA, 2, Rule.MIDPOINT);
        DpmSolver shipped = solver(Prediction.DATA, 3, Rule.HEUN, Version.AS_SHIPPED);
        assertTrue(polynomialError(midpoint, sigmas, u -> u, false) > 1e-3);
        assertTrue(polynomialError(shipped, sigmas, u -> u * u, false) > 1e-3);
        assertTrue(polynomialError(shipped, sigmas, u -> u * u, true) > 1e-2);
    }

    private static void assertExact(Random random, DpmSolver solver, int degree, boolean sde) {
        double[] sigmas = random.doubles(4, .05, .95).sorted().toArray();
        for (int i = 0; i < 3; i++) {
            sigmas[i + 1] = Math.max(sigmas[i + 1], sigmas[i] + .02); // keeps the divided differences tame
        }
        double[] falling = {sigmas[3], sigmas[2], sigmas[1], sigmas[0]};
        double[] c = Seeded.gaussians(random, 3);
        DoubleUnaryOperator estimate = u -> c[0] + (degree > 0 ? c[1] * u : 0) + (degree > 1 ? c[2] * u * u : 0);
        assertEquals(0, polynomialError(solver, falling, estimate, sde), 1e-8, solver + " degree " + degree);
    }

    /**
     * Distance from the exact integral where the estimate is a function of lambda (less lambda at the step); four
     * levels, oldest first.
     */
    private static double polynomialError(
            DpmSolver solver, double[] sigmas, DoubleUnaryOperator estimate, boolean sde) {
        double s = sigmas[2];
        double t = sigmas[3];
        double h = lambda(t) - lambda(s);
        List<double[]> history = List.of(
                new double[] {estimate.applyAsDouble(lambda(sigmas[0]) - lambda(s))},
                new double[] {estimate.applyAsDouble(lambda(sigmas[1]) - lambda(s))});
        double x = .7;
        double[] velocity = {
            (estimate.applyAsDouble(0) - x) / solver.prediction().drive(s)
        };
        StepCoefficients step = DoubleSteps.step(solver, sde, sigmas, 2, solver.order());
        double exact;
        if (sde) {
            exact = t / s * Math.exp(-h) * x
                    + 2 * (1 - t) * integral(u -> Math.exp(2 * (u - h)) * estimate.applyAsDouble(u), h);
        } else if (solver.prediction() == Prediction.DATA) {
            exact = t / s * x + (1 - t) * integral(u -> Math.exp(u - h) * estimate.applyAsDouble(u), h);
        } else {
            exact = (1 - t) / (1 - s) * x - t * integral(u -> Math.exp(h - u) * estimate.applyAsDouble(u), h);
        }
        return Math.abs(exact - DoubleSteps.mean(step, new double[] {x}, velocity, history)[0]);
    }

    /** Simpson's rule over [0, h]. */
    private static double integral(DoubleUnaryOperator f, double h) {
        int n = 400;
        double sum = f.applyAsDouble(0) + f.applyAsDouble(h);
        for (int i = 1; i < n; i++) {
            sum += (i % 2 == 0 ? 2 : 4) * f.applyAsDouble(i * h / n);
        }
        return sum * h / n / 3;
    }

    private static double lambda(double sigma) {
        return Math.log((1 - sigma) / sigma);
    }

    private static double sigma(double lambda) {
        return 1 / (1 + Math.exp(lambda));
    }

    @Test
    void estimateFromPureNoiseCarriesNoWeight() {
        for (Prediction prediction : Prediction.values()) {
            DpmSolver second = corrected(prediction, 2, Rule.HEUN);
            DpmSolver third = corrected(prediction, 3, Rule.HEUN);
            assertEquals(StepCoefficients.ode(.9, .8), second.ode(.9, .8, 1));
            assertEquals(second.ode(.8, .7, .9), third.ode(.8, .7, .9, 1));
        }
    }

    @Test
    void lastStepEndsAtTheImageEstimate() {
        for (Prediction prediction : Prediction.values()) {
            DpmSolver third = corrected(prediction, 3, Rule.HEUN);
            assertEquals(StepCoefficients.ode(.3, 0), third.ode(.3, 0, .4, .5));
            assertEquals(StepCoefficients.ode(.3, 0), third.sde(.3, 0, .4, .5));
            assertEquals(1, third.orderAt(2, 9, 10));
        }
    }

    @Test
    void shippedNoisePredictionIsRefusedWhereItHasNoValue() {
        DpmSolver shipped = solver(Prediction.NOISE, 3, Rule.HEUN, Version.AS_SHIPPED);
        assertThrows(IllegalArgumentException.class, () -> shipped.ode(1, .9));
        assertThrows(IllegalArgumentException.class, () -> shipped.ode(.1, 0));
        assertThrows(IllegalArgumentException.class, () -> shipped.ode(.7, .6, .8, .9));
    }

    @Test
    void impossibleStepsAreRefused() {
        DpmSolver second = DpmSolver.plusPlus(2);
        assertThrows(IllegalArgumentException.class, () -> second.ode(.5, .4, .45));
        assertThrows(IllegalArgumentException.class, () -> second.ode(.5, .4, .6, .7));
        assertThrows(IllegalArgumentException.class, () -> DpmSolver.plusPlus(4));
        DpmSolver noise = corrected(Prediction.NOISE, 3, Rule.HEUN);
        assertThrows(IllegalArgumentException.class, () -> noise.sde(1, .9));
        assertThrows(IllegalArgumentException.class, () -> noise.sde(.7, .6, .8, .9));
    }
}
