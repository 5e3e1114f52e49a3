package mixgrpo.runtime.rollout;

/**
 * Channels of several pictures or latents of one size, {@code [images, channels, height, width]}. Holds the caller's array without
 * copying.
 */
record Planes(int images, int channels, int height, int width, float[] values) {

    Planes {
        if (values.length != Math.multiplyExact(Math.multiplyExact(images * channels, height), width)) {
            throw new IllegalArgumentException(
                    "planes [%d, %d, %d, %d]: got %d values".formatted(images, channels, height, width, values.length));
        }
    }

    static Planes zeros(int images, int channels, int height, int width) {
        int elements = Math.multiplyExact(Math.multiplyExact(images * channels, height), width);
        return new Planes(images, channels, height, width, new float[elements]);
    }

    /** The part from {@code top} and {@code left} on, at most {@code maxHeight} x {@code maxWidth}; a new array. */
    Planes crop(int top, int left, int maxHeight, int maxWidth) {
        Planes part = zeros(images, channels, Math.min(maxHeight, height - top), Math.min(maxWidth, width - left));
        copy(this, top, left, part, 0, 0, part.height, part.width);
        return part;
    }

    /** Writes the upper left part of {@code tile}, at most {@code side} x {@code side}, at {@code top} and {@code left}. */
    void paste(Planes tile, int top, int left, int side) {
        copy(tile, 0, 0, this, top, left, Math.min(side, tile.height), Math.min(side, tile.width));
    }

    private static void copy(
            Planes source, int top, int left, Planes target, int targetTop, int targetLeft, int height, int width) {
        for (int plane = 0; plane < source.images * source.channels; plane++) {
            for (int y = 0; y < height; y++) {
                System.arraycopy(
                        source.values,
                        source.index(plane, top + y, left),
                        target.values,
                        target.index(plane, targetTop + y, targetLeft),
                        width);
            }
        }
    }

    /** Lets the last {@code extent} rows of {@code above}, as wide as this, go over into the first rows of this. */
    void blendFromAbove(Planes above, int extent) {
        int rows = Math.min(extent, Math.min(above.height, height));
        for (int plane = 0; plane < images * channels; plane++) {
            for (int y = 0; y < rows; y++) {
                float own = (float) y / rows;
                int from = above.index(plane, above.height - rows + y, 0);
                int to = index(plane, y, 0);
                for (int x = 0; x < width; x++) {
                    values[to + x] = above.values[from + x] * (1 - own) + values[to + x] * own;
                }
            }
        }
    }

    /** Lets the last {@code extent} columns of {@code left}, as high as this, go over into the first columns of this. */
    void blendFromLeft(Planes left, int extent) {
        int columns = Math.min(extent, Math.min(left.width, width));
        for (int plane = 0; plane < images * channels; plane++) {
            for (int y = 0; y < height; y++) {
                int from = left.index(plane, y, left.width - columns);
                int to = index(plane, y, 0);
                for (int x = 0; x < columns; x++) {
                    float own = (float) x / columns;
                    values[to + x] = left.values[from + x] * (1 - own) + values[to + x] * own;
                }
            }
        }
    }

    private int index(int plane, int y, int x) {
        return (plane * height + y) * width + x;
    }
}
