package mixgrpo.trainer.policy;

/**
 * Passes through the network.
 *
 * @param rows latents that went through forward passes
 * @param backwardRows how many of these went through a backward pass too
 * @param forwards forward passes
 * @param backwards backward passes
 * @param flatRows how many of the rows that went backward have a gradient that is exactly 0: rows that went forward together go
 *     backward together
 * @param skippedBackwards backward passes left out because every gradient is exactly 0, or nothing went forward
 * @param leftOut images that went through no pass, because there is nothing to learn from them
 */
public record PassCounts(
        long rows,
        long backwardRows,
        long flatRows,
        long forwards,
        long backwards,
        long skippedBackwards,
        long leftOut) {

    static final PassCounts NONE = new PassCounts(0, 0, 0, 0, 0, 0, 0);

    /** Nothing was to be learned: no pass at all. */
    static final PassCounts SKIPPED = new PassCounts(0, 0, 0, 0, 0, 1, 0);

    static PassCounts forwardAndBackward(long rows, long flat) {
        return new PassCounts(rows, rows, flat, 1, 1, 0, 0);
    }

    static PassCounts forwardOnly(long rows) {
        return new PassCounts(rows, 0, 0, 1, 0, 1, 0);
    }

    static PassCounts leftOut(long images) {
        return new PassCounts(0, 0, 0, 0, 0, 0, images);
    }

    PassCounts plus(PassCounts other) {
        return new PassCounts(
                rows + other.rows,
                backwardRows + other.backwardRows,
                flatRows + other.flatRows,
                forwards + other.forwards,
                backwards + other.backwards,
                skippedBackwards + other.skippedBackwards,
                leftOut + other.leftOut);
    }

    /** Share of backward passes that were left out; NaN of nothing. */
    public double skippedShare() {
        return (double) skippedBackwards / (backwards + skippedBackwards);
    }
}
