package mixgrpo.trainer.loss;

import java.util.Arrays;
import java.util.List;
import mixgrpo.solvers.plan.Step;

/** How much each step of the window counts. */
public enum StepWeights {
    UNIFORM {
        @Override
        double of(Step step) {
            return 1;
        }
    },
    /** As the noise that the step injects, g sqrt(-dt): a step that explores more learns more (TempFlow-GRPO, arXiv 2508.04324). */
    NOISE_AWARE {
        @Override
        double of(Step step) {
            return step.coefficients().noiseStd();
        }
    };

    abstract double of(Step step);

    /** One weight for each of the steps; their mean is 1. */
    public double[] of(List<Step> steps) {
        double[] weights = steps.stream().mapToDouble(this::of).toArray();
        double mean = Arrays.stream(weights).average().orElse(1);
        return Arrays.stream(weights).map(weight -> weight / mean).toArray();
    }
}
