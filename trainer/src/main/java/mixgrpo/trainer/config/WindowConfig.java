package mixgrpo.trainer.config;

import java.util.List;
import java.util.Optional;

/**
 * Which steps run as SDE and are trained: the window {@code [start, start + size)}, which moves as training goes on
 * (arXiv 2507.21802, section 3.2). Steps are counted from 0, pure noise.
 *
 * @param strategy how the window moves
 * @param size steps in the window; without effect for {@code all}
 * @param stride steps by which it moves; 0 keeps it where it is
 * @param shiftInterval iterations between two moves, tau; for {@code linear-decay} those at the first position
 * @param shiftIntervalMin for {@code linear-decay}: the iterations at the last position
 * @param decayRate for {@code exponential-decay}: k in {@code ceil(shiftInterval exp(-k max(0, start - decayThreshold)))} iterations
 * @param decayThreshold for {@code exponential-decay}: the start from which on the interval falls
 * @param starts for {@code list}: the starts of the windows, in their order
 * @param fraction for {@code all}: share of the steps that an image is trained on, {@code floor(fraction (rollout.steps - 1))} drawn
 *     for it in every iteration; 1 trains all
 * @param first the first step that a window may hold, where it begins
 * @param last the last step that a window may hold; the last step of the trajectory when absent. Negative numbers count from the end:
 *     -2 is the last step but one, which leaves the last one to the ODE, so that its noise is not in the picture
 * @param end what follows the last position
 */
public record WindowConfig(
        Strategy strategy,
        int size,
        int stride,
        int shiftInterval,
        int shiftIntervalMin,
        double decayRate,
        int decayThreshold,
        List<Integer> starts,
        double fraction,
        int first,
        Optional<Integer> last,
        End end) {

    /** How the window moves. */
    public enum Strategy {
        /** From the noise towards the picture, {@code stride} steps every {@code shiftInterval} iterations. */
        PROGRESSIVE,
        /** The same, with an interval that falls linearly with the position. */
        LINEAR_DECAY,
        /** The same, with an interval that falls exponentially behind a threshold. */
        EXPONENTIAL_DECAY,
        /** To a place drawn from the seed and the iteration, every iteration. */
        RANDOM,
        /** Not at all. */
        FROZEN,
        /** To the {@code starts}, one after the other. */
        LIST,
        /** There is no window: every step is SDE, and each image is trained on a random part of them (DanceGRPO). */
        ALL
    }

    /** What follows the last position. */
    public enum End {
        /** It starts again at the first position. */
        ROLLBACK,
        /** It stays at the last one. */
        CLAMP,
        /** The run ends. */
        STOP,
        /** It walks back. */
        BOUNCE
    }

    public WindowConfig {
        starts = List.copyOf(starts);
        new Faults()
                .count("window.size", size)
                .expect(stride >= 0, "window.stride", "0 or more", stride)
                .count("window.shiftInterval", shiftInterval)
                .expect(
                        shiftIntervalMin >= 1
                                && (strategy != Strategy.LINEAR_DECAY || shiftIntervalMin <= shiftInterval),
                        "window.shiftIntervalMin",
                        "1..%d (window.shiftInterval)".formatted(shiftInterval),
                        shiftIntervalMin)
                .notNegative("window.decayRate", decayRate)
                .expect(decayThreshold >= 0, "window.decayThreshold", "0 or more", decayThreshold)
                .expect(
                        strategy != Strategy.LIST || !starts.isEmpty(),
                        "window.starts",
                        "at least one step for window.strategy list, as in [0, 4, 8]",
                        starts)
                .share("window.fraction", fraction)
                .expect(first >= 0, "window.first", "0 or more", first)
                .expect(
                        last.isEmpty() || last.get() >= first || last.get() < 0,
                        "window.last",
                        "at least window.first, %d, or a negative number, which counts from the end".formatted(first),
                        last.orElse(-1))
                .throwIfAny();
    }

    /** The last step that a window may hold in a trajectory of {@code steps}, counted from 0; below 0 if it is not that long. */
    public int lastOf(int steps) {
        int given = last.orElse(-1);
        return given < 0 ? steps + given : given;
    }

    /** Steps of a window in a trajectory of {@code steps}. */
    public int sizeIn(int steps) {
        return strategy == Strategy.ALL ? lastOf(steps) + 1 - first : size;
    }
}
