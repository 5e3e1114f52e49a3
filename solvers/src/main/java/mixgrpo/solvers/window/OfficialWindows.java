package mixgrpo.solvers.window;

import java.util.ArrayList;
import java.util.List;

/**
 * The windows of the published code, defects included, to compare with it: the last two of T steps are never reached (M
 * = T - 2), the window shrinks from l = M - w on and is empty at l = M, where it stays or from where it rolls back only
 * after a whole interval.
 */
public final class OfficialWindows {

    private OfficialWindows() {}

    /**
     * Progressive and decaying windows.
     *
     * @param stride s of overlapping windows (0 freezes), w where the published option of overlapping is off
     * @param pace iterations at a position; a linear decay spans M = T - 2
     * @param rollBack whether the window starts again after l = M or stays there, empty
     */
    public static WindowSchedule sliding(int steps, int windowSize, int stride, Pace pace, boolean rollBack) {
        int limit = limit(steps, windowSize);
        List<Integer> starts = new ArrayList<>(List.of(0));
        for (int start = stride; stride > 0 && start <= limit; start += stride) {
            starts.add(start);
        }
        boolean frozen = stride == 0;
        if (!frozen && !rollBack && starts.get(starts.size() - 1) < limit) {
            starts.add(limit);
        }
        return new SlidingWindow(
                starts,
                pace,
                rollBack && !frozen ? WindowEnd.ROLLBACK : WindowEnd.CLAMP,
                start -> new Window(start, Math.min(start + windowSize, limit)));
    }

    /**
     * Random windows: at 0 in the first iteration, then evenly over 0..M - w. The published draw is not repeatable;
     * this one is by seed.
     */
    public static WindowSchedule random(int steps, int windowSize, long seed) {
        WindowRange range = new WindowRange(steps, windowSize, 0, limit(steps, windowSize));
        WindowSchedule later = WindowSchedule.random(range, seed);
        return iteration -> iteration == 0 ? range.at(0) : later.at(iteration);
    }

    private static int limit(int steps, int windowSize) {
        if (steps - 2 < windowSize) {
            throw new IllegalArgumentException(
                    "window.size: expected at most %d (officialCompat, rollout.steps - 2), got %d"
                            .formatted(steps - 2, windowSize));
        }
        return steps - 2;
    }
}
