package mixgrpo.solvers.window;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * A window that visits a list of positions, a number of iterations each, and goes on by a rule after the last.
 *
 * @param windows the window of a position
 */
record SlidingWindow(List<Integer> starts, Pace pace, WindowEnd end, IntFunction<Window> windows)
        implements WindowSchedule {

    SlidingWindow {
        starts = List.copyOf(starts);
        if (starts.isEmpty()) {
            throw new IllegalArgumentException("window.starts: expected at least one step, got none");
        }
    }

    @Override
    public Window at(int iteration) {
        checkIteration(iteration);
        if (end == WindowEnd.STOP && iteration >= length(starts)) {
            throw new IllegalArgumentException(
                    "iteration %d has no window: they end with iteration %d (window.end stop)"
                            .formatted(iteration, length(starts) - 1));
        }
        List<Integer> turn = end == WindowEnd.BOUNCE ? thereAndBack() : starts;
        long rest = end == WindowEnd.CLAMP ? iteration : iteration % length(turn);
        for (int start : turn) {
            rest -= pace.iterationsAt(start);
            if (rest < 0) {
                return windows.apply(start);
            }
        }
        return windows.apply(starts.get(starts.size() - 1));
    }

    static void checkIteration(int iteration) {
        if (iteration < 0) {
            throw new IllegalArgumentException("iteration: expected 0 or more, got " + iteration);
        }
    }

    @Override
    public OptionalInt stopsAt() {
        return end == WindowEnd.STOP ? OptionalInt.of(Math.toIntExact(length(starts))) : OptionalInt.empty();
    }

    private List<Integer> thereAndBack() {
        List<Integer> turn = new ArrayList<>(starts);
        for (int k = starts.size() - 2; k > 0; k--) {
            turn.add(starts.get(k));
        }
        return turn;
    }

    private long length(List<Integer> positions) {
        return positions.stream().mapToLong(pace::iterationsAt).sum();
    }
}
