package mixgrpo.trainer.loss;

import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.window.Window;

/** Window steps to test with. */
final class Steps {

    private Steps() {}

    static Step any() {
        return at(3);
    }

    static Step at(int index) {
        return Planner.of(SigmaSchedule.shifted(25, 3), Kernel.flow(.7))
                .plan(new Window(index, index + 1))
                .scored()
                .get(0);
    }
}
