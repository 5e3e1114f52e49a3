package mixgrpo.solvers.window;

import java.util.ArrayList;
import java.util.List;

/**
 * Where windows may lie: w steps somewhere in [first, reachable) of T steps.
 *
 * @param steps T, the steps of the whole schedule
 * @param windowSize w, always the same
 * @param first step that a window may cover, where it begins
 * @param reachable one past the last step that a window may cover: T, or T - 1 if the last step stays ODE
 */
public record WindowRange(int steps, int windowSize, int first, int reachable) {

    public WindowRange {
        if (steps < 1) {
            throw new IllegalArgumentException("rollout.steps: expected at least 1, got " + steps);
        }
        if (reachable < 1 || reachable > steps) {
            throw new IllegalArgumentException(
                    "window.last: expected a step in 0..%d, got %d".formatted(steps - 1, reachable - 1));
        }
        if (first < 0 || first >= reachable) {
            throw new IllegalArgumentException(
                    "window.first: expected a step in 0..%d (window.last), got %d".formatted(reachable - 1, first));
        }
        if (windowSize < 1 || windowSize > reachable - first) {
            throw new IllegalArgumentException(
                    "window.size: expected 1..%d (the steps from window.first to window.last), got %d"
                            .formatted(reachable - first, windowSize));
        }
    }

    /** Windows of w steps that may reach the last of T steps. */
    public static WindowRange of(int steps, int windowSize) {
        return new WindowRange(steps, windowSize, 0, steps);
    }

    /** The largest start of a window. */
    public int lastStart() {
        return reachable - windowSize;
    }

    /**
     * The starts of a window that moves by stride until it reaches {@link #lastStart}, where it stops short if need be;
     * stride 0 stays at the first.
     */
    List<Integer> starts(int stride) {
        if (stride < 0) {
            throw new IllegalArgumentException("window.stride: expected 0 (frozen) or more, got " + stride);
        }
        List<Integer> starts = new ArrayList<>(List.of(first));
        int start = first;
        while (stride > 0 && start < lastStart()) {
            start = Math.min(start + stride, lastStart());
            starts.add(start);
        }
        return starts;
    }

    Window at(int start) {
        return new Window(start, start + windowSize);
    }

    int checked(int start) {
        if (start < first || start > lastStart()) {
            throw new IllegalArgumentException(
                    "window.starts: expected steps in %d..%d (window.first, window.last and window.size), got %d"
                            .formatted(first, lastStart(), start));
        }
        return start;
    }
}
