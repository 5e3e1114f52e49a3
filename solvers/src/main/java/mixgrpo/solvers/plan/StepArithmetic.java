package mixgrpo.solvers.plan;

import mixgrpo.solvers.step.StepCoefficients;

/**
 * The elementwise work of a step on one row; a target may be the latents themselves. Coefficients are rounded to float32 once and products and
 * sums are those of float32, as a tensor library takes them, and all arrays of a loop have one index: so the JVM vectorises it. (In double, a
 * loop over floats takes ten times as long, to be rounded to float32 in the end.) Sums over elements are taken in double.
 */
final class StepArithmetic {

    private StepArithmetic() {}

    /** {@code target = keep * x + drive * velocity}. */
    static void move(double keep, float[] x, double drive, float[] velocity, float[] target) {
        float k = (float) keep;
        float d = (float) drive;
        for (int i = 0; i < target.length; i++) {
            target[i] = k * x[i] + d * velocity[i];
        }
    }

    /** A deterministic step that looks back at estimates. */
    static void move(
            StepCoefficients c, float[] x, float[] velocity, float[] last, float[] secondLast, float[] target) {
        float keep = (float) c.keep();
        float drive = (float) c.drive();
        float first = (float) c.last();
        float second = (float) c.secondLast();
        for (int i = 0; i < target.length; i++) {
            target[i] = keep * x[i] + drive * velocity[i] + (first * last[i] + second * secondLast[i]);
        }
    }

    /**
     * A stochastic step.
     *
     * @param noise standard normals; used up, afterwards it holds squared deviations
     * @return mean squared deviation of the target, as stored, from the step's mean
     */
    static double sample(StepCoefficients c, float[] x, float[] velocity, float[] noise, float[] target) {
        float keep = (float) c.keep();
        float drive = (float) c.drive();
        float std = (float) c.noiseStd();
        for (int i = 0; i < target.length; i++) {
            float mean = keep * x[i] + drive * velocity[i];
            float next = mean + std * noise[i];
            float deviation = next - mean;
            noise[i] = deviation * deviation;
            target[i] = next;
        }
        return sum(noise) / noise.length;
    }

    /** Four sums side by side, since each addition waits for the one before it. */
    private static double sum(float[] values) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i + 3 < values.length; i += 4) {
            a += values[i];
            b += values[i + 1];
            c += values[i + 2];
            d += values[i + 3];
        }
        for (; i < values.length; i++) {
            a += values[i];
        }
        return a + b + c + d;
    }
}
