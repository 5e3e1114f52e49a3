package mixgrpo.trainer.policy;

/** Count, sum and extremes of a quantity. */
public record Summary(long count, double sum, double min, double max) {

    public static final Summary NONE = new Summary(0, 0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);

    static Summary of(double value) {
        return new Summary(1, value, value, value);
    }

    public Summary plus(Summary other) {
        return new Summary(count + other.count, sum + other.sum, Math.min(min, other.min), Math.max(max, other.max));
    }

    /** NaN of nothing. */
    public double mean() {
        return sum / count;
    }
}
