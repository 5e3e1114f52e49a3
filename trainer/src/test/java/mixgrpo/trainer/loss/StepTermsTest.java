package mixgrpo.trainer.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.step.StepCoefficients;
import org.junit.jupiter.api.Test;

class StepTermsTest {

    @Test
    void equalPoliciesHaveNoDistance() {
        float[] velocity = {.3f, -1, 2};
        double[] gradient = new double[3];
        for (StepKl kl : StepKl.values()) {
            assertEquals(0, kl.of(Steps.any(), velocity, velocity));
            kl.addGradient(Steps.any(), velocity, velocity, 1, gradient);
        }
        assertArrayEquals(new double[3], gradient);
    }

    @Test
    void gaussianDistanceIsTheDivergenceOfTheStep() {
        Step step = Steps.at(5);
        StepCoefficients c = step.coefficients();
        float[] x = {1, -.5f};
        float[] a = {.3f, -1};
        float[] b = {-.2f, .4f};
        double expected = 0;
        for (int i = 0; i < 2; i++) {
            double difference = (c.keep() * x[i] + c.drive() * a[i]) - (c.keep() * x[i] + c.drive() * b[i]);
            expected += difference * difference / (2 * c.noiseStd() * c.noiseStd()) / 2;
        }
        assertEquals(expected, StepKl.GAUSSIAN.of(step, a, b), 1e-12 * expected);
    }

    @Test
    void distancesHaveFiniteDifferencesForGradients() {
        long seed = 8;
        Random random = new Random(seed);
        for (StepKl kl : StepKl.values()) {
            Step step = Steps.at(random.nextInt(24));
            float[] velocity = new float[5];
            float[] other = new float[5];
            for (int i = 0; i < 5; i++) {
                velocity[i] = (float) random.nextGaussian();
                other[i] = (float) random.nextGaussian();
            }
            double[] gradient = new double[5];
            Arrays.fill(gradient, 3);
            kl.addGradient(step, velocity, other, 2, gradient);
            for (int i = 0; i < 5; i++) {
                float at = velocity[i];
                float up = at + 1e-2f;
                float down = at - 1e-2f;
                velocity[i] = up;
                double high = kl.of(step, velocity, other);
                velocity[i] = down;
                double low = kl.of(step, velocity, other);
                velocity[i] = at;
                // Exact for a square but for the rounding of float steps.
                assertEquals(3 + 2 * (high - low) / ((double) up - down), gradient[i], 1e-4, kl + ", seed " + seed);
            }
        }
    }

    @Test
    void stepWeightsHaveMeanOne() {
        List<Step> steps = List.of(Steps.at(1), Steps.at(2), Steps.at(9));
        assertArrayEquals(new double[] {1, 1, 1}, StepWeights.UNIFORM.of(steps));
        double[] weights = StepWeights.NOISE_AWARE.of(steps);
        assertEquals(3, Arrays.stream(weights).sum(), 1e-12);
        for (int i = 0; i < 3; i++) {
            assertEquals(
                    steps.get(i).coefficients().noiseStd()
                            / steps.get(0).coefficients().noiseStd(),
                    weights[i] / weights[0],
                    1e-12);
        }
    }
}
