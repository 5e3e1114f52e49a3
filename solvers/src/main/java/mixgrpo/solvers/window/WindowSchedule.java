package mixgrpo.solvers.window;

import java.util.List;
import java.util.OptionalInt;

/** The window of every iteration, as a pure function of the iteration number. */
public interface WindowSchedule {

    /**
     * The steps that run as SDE in this iteration.
     *
     * @param iteration from 0
     * @throws IllegalArgumentException if it is negative or training has ended before
     */
    Window at(int iteration);

    /** The first iteration that has no window any more; empty if there always is one. */
    default OptionalInt stopsAt() {
        return OptionalInt.empty();
    }

    /**
     * MixGRPO's: the window slides from the noise to the image, by stride steps every tau iterations.
     *
     * @param stride s; 0 freezes the window at the first steps (Flash*)
     */
    static WindowSchedule progressive(WindowRange range, int stride, int shiftInterval, WindowEnd end) {
        return sliding(range, stride, new Pace.Constant(shiftInterval), end);
    }

    /**
     * As {@link #progressive}, but the interval falls linearly from max iterations at the first position to min at the
     * last.
     */
    static WindowSchedule linearDecay(WindowRange range, int stride, int max, int min, WindowEnd end) {
        Pace pace = new Pace.Linear(max, min, range.first(), range.lastStart());
        return sliding(range, stride, pace, end);
    }

    /** As {@link #progressive}, but the interval falls exponentially past a threshold. */
    static WindowSchedule exponentialDecay(WindowRange range, int stride, Pace.Exponential pace, WindowEnd end) {
        return sliding(range, stride, pace, end);
    }

    /** The window always at the first steps of its range. */
    static WindowSchedule frozen(WindowRange range) {
        return progressive(range, 0, 1, WindowEnd.CLAMP);
    }

    /** The windows that start at the given steps, in this order, each for tau iterations. */
    static WindowSchedule list(WindowRange range, List<Integer> starts, int shiftInterval, WindowEnd end) {
        return new SlidingWindow(
                starts.stream().map(range::checked).toList(), new Pace.Constant(shiftInterval), end, range::at);
    }

    /** A window at a random place in every iteration, the same wherever seed and iteration are the same. */
    static WindowSchedule random(WindowRange range, long seed) {
        return iteration -> {
            SlidingWindow.checkIteration(iteration);
            return range.at(range.first() + new Draws(seed, iteration).below(range.lastStart() - range.first() + 1));
        };
    }

    /** DanceGRPO's: every step that a window may cover is SDE; {@link TrainedSteps} are those that an image is trained on. */
    static WindowSchedule all(WindowRange range) {
        return iteration -> {
            SlidingWindow.checkIteration(iteration);
            return new Window(range.first(), range.reachable());
        };
    }

    private static WindowSchedule sliding(WindowRange range, int stride, Pace pace, WindowEnd end) {
        return new SlidingWindow(range.starts(stride), pace, stride == 0 ? WindowEnd.CLAMP : end, range::at);
    }
}
