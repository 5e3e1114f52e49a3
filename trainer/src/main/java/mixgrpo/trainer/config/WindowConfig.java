package mixgrpo.trainer.config;

import java.util.Optional;

/**
 * Which steps run as SDE and are trained: the window {@code [start, start + size)}, which moves as training goes on
 * (arXiv 2507.21802, section 3.2). Steps are counted from 0, pure noise.
 *
 * @param strategy how the window moves
 * @param size steps in the window
 * @param stride steps by which it moves; 0 keeps it where it is
 * @param shiftInterval iterations between two moves
 * @param first the first step that a window may hold, where it begins
 * @param last the last step that a window may hold; the last step of the trajectory when absent
 * @param end what follows the last position
 */
public record WindowConfig(
        Strategy strategy, int size, int stride, int shiftInterval, int first, Optional<Integer> last, End end) {

    /** How the window moves. */
    public enum Strategy {
        /** From the noise towards the picture, {@code stride} steps every {@code shiftInterval} iterations. */
        PROGRESSIVE,
        /** To a place drawn from the seed and the iteration, every iteration. */
        RANDOM,
        /** Not at all. */
        FROZEN
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
        new Faults()
                .count("window.size", size)
                .expect(stride >= 0, "window.stride", "0 or more", stride)
                .count("window.shiftInterval", shiftInterval)
                .expect(first >= 0, "window.first", "0 or more", first)
                .expect(
                        last.isEmpty() || last.get() >= first,
                        "window.last",
                        "at least window.first, " + first,
                        last.orElse(-1))
                .throwIfAny();
    }

    /** The last step that a window may hold in a trajectory of {@code steps}. */
    public int lastOf(int steps) {
        return last.orElse(steps - 1);
    }
}
