package mixgrpo.solvers.plan;

import java.math.BigDecimal;
import java.math.RoundingMode;
import mixgrpo.solvers.step.DpmSolver;

/**
 * The steps after the window. Flash (arXiv 2507.21802) takes a ratio below 1 and a multistep solver.
 *
 * @param ratio r in (0, 1]: how many of the R remaining steps are taken, by the rule of {@code count}
 * @param history what the solver knows of the steps up to the window's end
 */
public record Post(DpmSolver solver, double ratio, History history, Count count) {

    /** Every step, by Euler. */
    public static final Post EULER = compressed(DpmSolver.FIRST_ORDER, 1);

    /** What the first step after the window may look back at. */
    public enum History {
        /** Nothing, it is of order 1: estimates from before and after the window's noise do not lie on one curve. */
        RESTART,
        /** The estimates of prefix and window, as the published code with Flow-GRPO's kernel. */
        CARRY
    }

    /** How the ratio becomes a number of steps. */
    public enum Count {
        /** max(1, ceil(R r)) steps that end at sigma 0, none if R = 0; r as the decimal that it is written as. */
        STEPS,
        /**
         * int(max((R + 1) r, 1)) points of the schedule and so one step less, as the published code: with a single
         * point the trajectory stops at the window's end, above sigma 0.
         */
        OFFICIAL_POINTS
    }

    public Post {
        checkRatio("post.ratio", ratio);
    }

    /** Flash with the defaults: counts steps, starts without history. */
    public static Post compressed(DpmSolver solver, double ratio) {
        return new Post(solver, ratio, History.RESTART, Count.STEPS);
    }

    /** Whether every step is taken, by Euler. */
    boolean isPlain() {
        return solver.equals(DpmSolver.FIRST_ORDER) && ratio == 1;
    }

    Post with(DpmSolver other) {
        return new Post(other, ratio, history, count);
    }

    Post with(History other) {
        return new Post(solver, ratio, other, count);
    }

    Post with(Count other) {
        return new Post(solver, ratio, history, other);
    }

    /**
     * Whether the levels after the window are made anew; the published code does so at ratio 1, too, which only its
     * float32 levels show.
     */
    boolean respaces() {
        return ratio < 1 || count == Count.OFFICIAL_POINTS;
    }

    int stepsFor(int remaining) {
        return count == Count.STEPS ? stepsFor(remaining, ratio) : (int) Math.max((remaining + 1) * ratio, 1) - 1;
    }

    static int stepsFor(int remaining, double ratio) {
        return BigDecimal.valueOf(ratio)
                .multiply(BigDecimal.valueOf(remaining))
                .setScale(0, RoundingMode.CEILING)
                .intValueExact();
    }

    static void checkRatio(String key, double ratio) {
        if (!(ratio > 0 && ratio <= 1)) {
            throw new IllegalArgumentException("%s: expected a number in (0, 1], got %s".formatted(key, ratio));
        }
    }
}
