package mixgrpo.runtime.scenes;

/**
 * The size that a noun phrase asks for, and the radii in pixels that it is drawn with. A phrase without a size word is
 * drawn in between and accepts any size.
 */
public enum Size {
    SMALL(5.6, 6.4),
    ANY(7.0, 10.0),
    LARGE(10.6, 12.0);

    /** At most this many large objects fit a picture beside the rest. */
    static final int MOST_LARGE = 2;
    /** An unsized radius where three or more objects share the picture. */
    private static final double CROWDED = 8.6;

    private final double smallest;
    private final double largest;

    Size(double smallest, double largest) {
        this.smallest = smallest;
        this.largest = largest;
    }

    double smallestRadius() {
        return smallest;
    }

    double largestRadius(int objectsInScene) {
        return this == ANY && objectsInScene > 2 ? CROWDED : largest;
    }

    /** Whether an object of this measured radius (pixels) is of this size. */
    public boolean accepts(double radius) {
        return switch (this) {
            case SMALL -> radius < (SMALL.largest + ANY.smallest) / 2;
            case ANY -> true;
            case LARGE -> radius > (ANY.largest + LARGE.smallest) / 2;
        };
    }

    /** The word in a prompt with the space after it; empty for {@link #ANY}. */
    String prefix() {
        return this == ANY ? "" : Words.of(this) + " ";
    }
}
