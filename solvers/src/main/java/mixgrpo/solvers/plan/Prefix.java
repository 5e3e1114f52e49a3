package mixgrpo.solvers.plan;

import mixgrpo.solvers.step.DpmSolver;

/**
 * The steps before the window: on fewer levels with a better solver if asked for. The paper (arXiv 2507.21802) says
 * that this amplifies errors.
 *
 * @param ratio in (0, 1]: ceil(ratio * l) steps lead to a window at l
 */
public record Prefix(DpmSolver solver, double ratio) {

    /** Every step, by Euler. */
    public static final Prefix EULER = new Prefix(DpmSolver.FIRST_ORDER, 1);

    public Prefix {
        Post.checkRatio("pre.ratio", ratio);
    }

    int stepsFor(int remaining) {
        return Post.stepsFor(remaining, ratio);
    }
}
