package mixgrpo.trainer.loop;

import mixgrpo.solvers.window.WindowSchedule;
import mixgrpo.trainer.config.OptimizerConfig;

/**
 * What the iterations of a run take, as functions of their number.
 *
 * @param iterations of the whole run, which the learning rate's schedule counts on; the windows must not end before
 */
public record Course(int iterations, PromptOrder prompts, WindowSchedule windows, OptimizerConfig optimizer) {

    public Course {
        int stop = windows.stopsAt().orElse(iterations);
        if (stop < iterations) {
            throw new IllegalArgumentException(
                    "iterations: expected at most %d, after which the windows end, got %d".formatted(stop, iterations));
        }
    }

    /** The same with another end. */
    public Course withIterations(int other) {
        return new Course(other, prompts, windows, optimizer);
    }

    double learningRateAt(int iteration) {
        return optimizer.learningRateAt(iteration, iterations);
    }
}
