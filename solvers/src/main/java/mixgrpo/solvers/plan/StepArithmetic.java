package mixgrpo.solvers.plan;

import mixgrpo.solvers.step.StepCoefficients;

/** The elementwise work of a step on one row. A target may be the latents themselves. */
final class StepArithmetic {

    private StepArithmetic() {}

    /** {@code target = keep * x + drive * velocity}. */
    static void move(double keep, float[] x, double drive, float[] velocity, float[] target) {
        for (int i = 0; i < target.length; i++) {
            target[i] = (float) (keep * x[i] + drive * velocity[i]);
        }
    }

    /** A deterministic step that looks back at estimates. */
    static void move(
            StepCoefficients c, float[] x, float[] velocity, float[] last, float[] secondLast, float[] target) {
        double keep = c.keep();
        double drive = c.drive();
        double first = c.last();
        double second = c.secondLast();
        for (int i = 0; i < target.length; i++) {
            target[i] = (float) (keep * x[i] + drive * velocity[i] + first * last[i] + second * secondLast[i]);
        }
    }

    /**
     * A stochastic step with noise z.
     *
     * @return mean squared deviation of the target, as stored, from the step's mean
     */
    static double sample(StepCoefficients c, float[] x, float[] velocity, float[] z, float[] target) {
        double keep = c.keep();
        double drive = c.drive();
        double std = c.noiseStd();
        double sum = 0;
        for (int i = 0; i < target.length; i++) {
            double mean = keep * x[i] + drive * velocity[i];
            float next = (float) (mean + std * z[i]);
            double deviation = next - mean;
            sum += deviation * deviation;
            target[i] = next;
        }
        return sum / target.length;
    }
}
