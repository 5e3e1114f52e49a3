package mixgrpo.solvers;

import java.util.List;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.step.StepCoefficients;

/** Steps on double arrays, for comparisons finer than the executor's float32. */
final class DoubleSteps {

    private DoubleSteps() {}

    /** @param history estimates of earlier steps, oldest first; those that the step gives no weight may be missing */
    static double[] mean(StepCoefficients c, double[] x, double[] velocity, List<double[]> history) {
        double[] mean = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            mean[i] = c.keep() * x[i] + c.drive() * velocity[i];
            if (c.last() != 0) {
                mean[i] += c.last() * history.get(history.size() - 1)[i];
            }
            if (c.secondLast() != 0) {
                mean[i] += c.secondLast() * history.get(history.size() - 2)[i];
            }
        }
        return mean;
    }

    static double[] noisy(double[] mean, double std, double[] noise) {
        double[] next = mean.clone();
        for (int i = 0; std > 0 && i < next.length; i++) {
            next[i] += std * noise[i];
        }
        return next;
    }

    static double[] estimate(Prediction prediction, double sigma, double[] x, double[] velocity) {
        return mean(new StepCoefficients(1, prediction.drive(sigma), 0), x, velocity, List.of());
    }

    static double meanSquare(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return sum / a.length;
    }

    /** Coefficients of step i of a schedule, {@code order - 1} steps looked back at. */
    static StepCoefficients step(DpmSolver solver, boolean sde, double[] sigmas, int i, int order) {
        double[] earlier = new double[order - 1];
        for (int k = 0; k < earlier.length; k++) {
            earlier[k] = sigmas[i - 1 - k];
        }
        return sde ? solver.sde(sigmas[i], sigmas[i + 1], earlier) : solver.ode(sigmas[i], sigmas[i + 1], earlier);
    }
}
