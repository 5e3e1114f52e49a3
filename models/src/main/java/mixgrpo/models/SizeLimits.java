package mixgrpo.models;

/**
 * The largest sizes that a configuration may have, far beyond any real one: a damaged or hostile file must not make a network that
 * fills memory before its weights are looked at, nor sizes that overflow.
 */
public final class SizeLimits {

    private static final int BLOCKS = 1000;
    private static final int EXTENT = 1 << 20;

    private SizeLimits() {}

    /**
     * A number of equal parts that each get parameters of their own.
     *
     * @param field of the configuration, for the message
     * @return {@code blocks}
     */
    public static int blocks(String field, int blocks) {
        return within(field, blocks, 0, BLOCKS);
    }

    /**
     * Channels, tokens or whatever else arrays are measured in.
     *
     * @param field of the configuration, for the message
     * @return {@code extent}
     */
    public static int extent(String field, long extent) {
        return within(field, extent, 1, EXTENT);
    }

    private static int within(String field, long size, int least, int most) {
        if (size < least || size > most) {
            throw new IllegalArgumentException("%s: expected %d to %d, got %d".formatted(field, least, most, size));
        }
        return (int) size;
    }
}
