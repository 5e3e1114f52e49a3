package mixgrpo.solvers.window;

/**
 * Whole numbers by key: SplitMix64 (Steele, Lea, Flood, 2014), so that no Java release, worker or order of calls
 * changes them.
 */
final class Draws {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    Draws(long... key) {
        for (long part : key) {
            state = mix(state + GOLDEN) ^ mix(part + GOLDEN);
        }
    }

    /** Evenly distributed over 0..bound-1. */
    int below(int bound) {
        long limit = (1L << 32) / bound * bound;
        while (true) {
            state += GOLDEN;
            long draw = mix(state) >>> 32;
            if (draw < limit) {
                return (int) (draw % bound);
            }
        }
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
