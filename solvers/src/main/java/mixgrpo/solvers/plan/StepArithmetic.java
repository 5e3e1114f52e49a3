package mixgrpo.solvers.plan;

import mixgrpo.solvers.step.StepCoefficients;

/**
 * The elementwise work of a step on one row; a target may be the latents themselves. Coefficients are rounded to
 * float32 once and products and sums are those of float32, as a tensor library takes them, and every loop is short and
 * has one index, so that the JVM vectorises it. (In double, a loop over floats takes ten times as long, to be rounded
 * to float32 in the end.) Sums over elements are taken in double.
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
        move(c.keep(), x, c.drive(), velocity, target);
        float first = (float) c.last();
        float second = (float) c.secondLast();
        for (int i = 0; i < target.length; i++) {
            target[i] += first * last[i] + second * secondLast[i];
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
            target[i] = next;
            noise[i] = deviation * deviation;
        }
        return sum(noise) / noise.length;
    }

    /**
     * Eight values at a time are added in float32, in pairs, and the results in double: one slow conversion instead of
     * eight.
     */
    private static double sum(float[] v) {
        double even = 0;
        double odd = 0;
        int i = 0;
        for (; i + 15 < v.length; i += 16) {
            even += ((v[i] + v[i + 1]) + (v[i + 2] + v[i + 3])) + ((v[i + 4] + v[i + 5]) + (v[i + 6] + v[i + 7]));
            odd += ((v[i + 8] + v[i + 9]) + (v[i + 10] + v[i + 11]))
                    + ((v[i + 12] + v[i + 13]) + (v[i + 14] + v[i + 15]));
        }
        for (; i < v.length; i++) {
            even += v[i];
        }
        return even + odd;
    }
}
