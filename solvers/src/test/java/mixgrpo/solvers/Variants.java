package mixgrpo.solvers;

import mixgrpo.solvers.plan.Planner;

/** What tests vary. */
public final class Variants {

    private Variants() {}

    /** A planner with a noise for every image, and so nothing shared. */
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
