package mixgrpo.trainer.loss;

import mixgrpo.solvers.plan.Step;

/** Distance of two policies at one step, from their velocities at the same latents; averaged over the elements. */
public enum StepKl {
    /** {@code mean((v - vOther)^2)}: the same weight for every step. */
    VELOCITY {
        @Override
        double scale(Step step) {
            return 1;
        }
    },
    /** {@code mean((mu - muOther)^2) / (2 noiseStd^2)}: the exact divergence of the two Gaussians that the step draws from. */
    GAUSSIAN {
        @Override
        double scale(Step step) {
            double perStd = step.coefficients().drive() / step.coefficients().noiseStd();
            return perStd * perStd / 2;
        }
    };

    abstract double scale(Step step);

    /**
     * The distance, 0 or more, in nats for {@link #GAUSSIAN}.
     *
     * @param step at which both velocities were given; for {@link #GAUSSIAN} a stochastic one
     * @param velocity of the policy in training, as long as an image has latent elements
     * @param other of the other policy, as long
     */
    public double of(Step step, float[] velocity, float[] other) {
        double sum = 0;
        for (int i = 0; i < velocity.length; i++) {
            double difference = (double) velocity[i] - other[i];
            sum += difference * difference;
        }
        return scale(step) * sum / velocity.length;
    }

    /** Adds {@code factor} times the derivative by the velocity's elements to {@code gradient}. */
    public void addGradient(Step step, float[] velocity, float[] other, double factor, double[] gradient) {
        double common = factor * scale(step) * 2 / velocity.length;
        for (int i = 0; i < velocity.length; i++) {
            gradient[i] += common * ((double) velocity[i] - other[i]);
        }
    }
}
