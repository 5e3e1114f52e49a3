package mixgrpo.solvers.window;

/**
 * The steps [start, end) that run as SDE; every other step is ODE. Empty only in traces of the published code.
 *
 * @param start first step, from 0
 * @param end one past the last step
 */
public record Window(int start, int end) {

    public Window {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException(
                    "window: expected 0 <= start <= end, got [%d, %d)".formatted(start, end));
        }
    }

    /** Number of steps. */
    public int size() {
        return end - start;
    }

    public boolean isEmpty() {
        return end == start;
    }

    public boolean contains(int step) {
        return start <= step && step < end;
    }
}
