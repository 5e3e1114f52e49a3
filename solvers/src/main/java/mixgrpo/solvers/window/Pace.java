package mixgrpo.solvers.window;

/** How many iterations a window stays at a position. */
public sealed interface Pace {

    /** Iterations at this start, at least 1. */
    int iterationsAt(int start);

    /** tau iterations at every position ({@code window.shiftInterval}). */
    record Constant(int shiftInterval) implements Pace {
        public Constant {
            atLeastOne("window.shiftInterval", shiftInterval);
        }

        @Override
        public int iterationsAt(int start) {
            return shiftInterval;
        }
    }

    /**
     * Falls from max to min along the way: {@code max(min, floor(max (1 - p) + min p))}, p = (start - first) / (last - first).
     *
     * @param first start with max
     * @param last start at which min is reached, T - w; where it is the first, max holds
     */
    record Linear(int max, int min, int first, int last) implements Pace {
        public Linear {
            atLeastOne("window.shiftIntervalMin", min);
            if (max < min) {
                throw new IllegalArgumentException(
                        "window.shiftInterval: expected at least window.shiftIntervalMin (%d), got %d"
                                .formatted(min, max));
            }
        }

        @Override
        public int iterationsAt(int start) {
            double p = (double) (start - first) / Math.max(1, last - first);
            return Math.max(min, (int) (max * (1 - p) + min * p));
        }
    }

    /** {@code ceil(tau exp(-rate relu(start - threshold)))}; the paper has rate .1 and threshold 13. */
    record Exponential(int shiftInterval, double rate, int threshold) implements Pace {
        public Exponential {
            atLeastOne("window.shiftInterval", shiftInterval);
            if (!(rate >= 0)) {
                throw new IllegalArgumentException("window.decayRate: expected 0 or more, got " + rate);
            }
        }

        @Override
        public int iterationsAt(int start) {
            return Math.max(1, (int) Math.ceil(shiftInterval * Math.exp(-rate * Math.max(0, start - threshold))));
        }
    }

    private static void atLeastOne(String key, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("%s: expected at least 1, got %d".formatted(key, value));
        }
    }
}
