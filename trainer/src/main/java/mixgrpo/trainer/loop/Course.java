package mixgrpo.trainer.loop;

import mixgrpo.solvers.window.WindowSchedule;
import mixgrpo.trainer.config.OptimizerConfig;

/**
 * What the iterations of a run take, as functions of their number.
 *
 * @param planned iterations of the whole run, which the learning rate's schedule counts on
 */
public record Course(int planned, PromptOrder prompts, WindowSchedule windows, OptimizerConfig optimizer) {

    /** Iterations there are: fewer than planned if the windows end before (window.end stop). */
    public int iterations() {
        return Math.min(planned, windows.stopsAt().orElse(planned));
    }

    /** The same with another end. */
    public Course withPlanned(int iterations) {
        return new Course(iterations, prompts, windows, optimizer);
    }

    double learningRateAt(int iteration) {
        return optimizer.learningRateAt(iteration, planned);
    }
}
