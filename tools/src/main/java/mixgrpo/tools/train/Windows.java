package mixgrpo.tools.train;

import mixgrpo.solvers.window.OfficialWindows;
import mixgrpo.solvers.window.Pace;
import mixgrpo.solvers.window.WindowEnd;
import mixgrpo.solvers.window.WindowRange;
import mixgrpo.solvers.window.WindowSchedule;
import mixgrpo.tools.figures.Word;
import mixgrpo.trainer.config.WindowConfig;

/**
 * The window of every iteration as a configuration asks for it.
 *
 * @param steps of a trajectory
 * @param seed of random windows
 */
record Windows(WindowConfig window, int steps, long seed) {

    WindowSchedule clean() {
        WindowRange range = new WindowRange(steps, window.sizeIn(steps), window.first(), window.lastOf(steps) + 1);
        WindowEnd end = WindowEnd.valueOf(window.end().name());
        int stride = window.stride();
        int interval = window.shiftInterval();
        return switch (window.strategy()) {
            case PROGRESSIVE -> WindowSchedule.progressive(range, stride, interval, end);
            case LINEAR_DECAY -> WindowSchedule.linearDecay(range, stride, interval, window.shiftIntervalMin(), end);
            case EXPONENTIAL_DECAY -> WindowSchedule.exponentialDecay(range, stride, exponential(), end);
            case RANDOM -> WindowSchedule.random(range, seed);
            case FROZEN -> WindowSchedule.frozen(range);
            case LIST -> WindowSchedule.list(range, window.starts(), interval, end);
            case ALL -> WindowSchedule.all(range);
        };
    }

    /**
     * As the published code has them.
     *
     * @throws IllegalArgumentException if it does not know what is asked for
     */
    WindowSchedule official() {
        check();
        int size = window.size();
        boolean rollsBack = window.end() == WindowConfig.End.ROLLBACK;
        return switch (window.strategy()) {
            case PROGRESSIVE -> OfficialWindows.sliding(steps, size, window.stride(), constant(), rollsBack);
            case LINEAR_DECAY ->
                OfficialWindows.sliding(
                        steps,
                        size,
                        window.stride(),
                        new Pace.Linear(window.shiftInterval(), window.shiftIntervalMin(), 0, steps - 2),
                        rollsBack);
            case EXPONENTIAL_DECAY -> OfficialWindows.sliding(steps, size, window.stride(), exponential(), rollsBack);
            case RANDOM -> OfficialWindows.random(steps, size, seed);
            case FROZEN -> OfficialWindows.sliding(steps, size, 0, constant(), rollsBack);
            case LIST ->
                throw new IllegalArgumentException(
                        "window.strategy: expected one that the published code has, for officialCompat windows, got list");
            case ALL -> clean(); // its every step is SDE, too
        };
    }

    private void check() {
        if (window.strategy() == WindowConfig.Strategy.ALL) {
            return;
        }
        if (window.first() != 0 || window.last().isPresent()) {
            throw new IllegalArgumentException(
                    "window.first, window.last: expected 0 and none for officialCompat windows, which have a range of their own, got %d and %s"
                            .formatted(
                                    window.first(),
                                    window.last().map(String::valueOf).orElse("none")));
        }
        if (window.end() == WindowConfig.End.STOP || window.end() == WindowConfig.End.BOUNCE) {
            throw new IllegalArgumentException(
                    "window.end: expected rollback or clamp for officialCompat windows, as the published code knows no other, got "
                            + Word.of(window.end()));
        }
    }

    private Pace constant() {
        return new Pace.Constant(window.shiftInterval());
    }

    private Pace.Exponential exponential() {
        return new Pace.Exponential(window.shiftInterval(), window.decayRate(), window.decayThreshold());
    }
}
