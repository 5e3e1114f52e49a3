package mixgrpo.trainer.policy;

import mixgrpo.solvers.step.StepCoefficients;

/** How far a step's stored outcome lies from the mean that a velocity gives, {@code keep * before + drive * velocity}; in double. */
final class Deviation {

    private Deviation() {}

    static double meanSquare(StepCoefficients c, float[] before, float[] velocity, float[] after) {
        double keep = c.keep();
        double drive = c.drive();
        double sum = 0;
        for (int i = 0; i < after.length; i++) {
            double deviation = after[i] - (keep * before[i] + drive * velocity[i]);
            sum += deviation * deviation;
        }
        return sum / after.length;
    }

    /** Adds {@code factor} times the derivative of {@link #meanSquare} by the velocity's elements to {@code gradient}. */
    static void addGradient(
            StepCoefficients c, float[] before, float[] velocity, float[] after, double factor, double[] gradient) {
        double keep = c.keep();
        double drive = c.drive();
        double common = -2 * factor * drive / after.length;
        for (int i = 0; i < after.length; i++) {
            gradient[i] += common * (after[i] - (keep * before[i] + drive * velocity[i]));
        }
    }
}
