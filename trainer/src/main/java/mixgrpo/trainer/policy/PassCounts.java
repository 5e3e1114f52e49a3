package mixgrpo.trainer.policy;

/**
 * Passes through the network.
 *
 * @param rows latents that went through forward passes
 * @param backwardRows how many of these went through a backward pass too
 * @param forwards forward passes
 * @param backwards backward passes
 * @param skippedBackwards backward passes left out because every gradient is exactly 0
 */
public record PassCounts(long rows, long backwardRows, long forwards, long backwards, long skippedBackwards) {

    static final PassCounts NONE = new PassCounts(0, 0, 0, 0, 0);

    /** Nothing was to be learned: no pass at all. */
    static final PassCounts SKIPPED = new PassCounts(0, 0, 0, 0, 1);

    static PassCounts forwardAndBackward(long rows) {
        return new PassCounts(rows, rows, 1, 1, 0);
    }

    static PassCounts forwardOnly(long rows) {
        return new PassCounts(rows, 0, 1, 0, 1);
    }

    PassCounts plus(PassCounts other) {
        return new PassCounts(
                rows + other.rows,
                backwardRows + other.backwardRows,
                forwards + other.forwards,
                backwards + other.backwards,
                skippedBackwards + other.skippedBackwards);
    }

    /** Share of backward passes that were left out; NaN of nothing. */
    public double skippedShare() {
        return (double) skippedBackwards / (backwards + skippedBackwards);
    }
}
