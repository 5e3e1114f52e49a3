package mixgrpo.solvers;

import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Prediction;

/** What tests vary. */
public final class Variants {

    private Variants() {}

    /** DPM-Solver++ as published tables use it: order 2 by midpoint, order 3 corrected. */
    public static DpmSolver plusPlus(int order) {
        return new DpmSolver(Prediction.DATA, order, DpmSolver.Rule.MIDPOINT, DpmSolver.Version.CORRECTED);
    }

    /** The same with a noise for every image, and so nothing shared. */
    public static Planner unshared(Planner planner) {
        return new Planner(
                planner.schedule(),
                planner.kernel(),
                planner.prefix(),
                planner.post(),
                planner.modelTime(),
                false,
                planner.trained(),
                planner.outside());
    }
}
