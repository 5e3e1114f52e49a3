package mixgrpo.models.sd3;

import mixgrpo.models.weights.Weights;

/**
 * The learned positions of SD3's tokens: a square table in the checkpoint, of which a picture takes the window in the middle. The
 * table of SD3.5 medium is 900 MB in float32, a window of 1024x1024 pixels 25 MB, so networks get the window as an input.
 */
public final class PositionTable {

    /** The table's key: {@code [1, side * side, C]}, places in row-major order. */
    public static final String KEY = "pos_embed.pos_embed";

    private PositionTable() {}

    static long[] shape(Sd3Config config) {
        return new long[] {1, (long) config.posEmbedMaxSize() * config.posEmbedMaxSize(), config.dim()};
    }

    /**
     * The window of a picture of {@code rows} x {@code columns} tokens, {@code [rows * columns, C]}; a new array of the caller.
     *
     * @param checkpoint holds the table, which is read once
     * @throws IllegalArgumentException if the picture is larger than the table
     */
    public static float[] window(Sd3Config config, Weights checkpoint, int rows, int columns) {
        int side = config.posEmbedMaxSize();
        if (rows > side || columns > side) {
            throw new IllegalArgumentException(
                    "picture of %d x %d tokens (rows x columns): the model knows positions for at most %d x %d (pos_embed_max_size); choose a smaller size"
                            .formatted(rows, columns, side, side));
        }
        int top = (side - rows) / 2;
        int left = (side - columns) / 2;
        int dim = config.dim();
        float[] window = new float[rows * columns * dim];
        long[] next = {0};
        checkpoint.pieces(KEY, piece -> {
            while (piece.hasRemaining()) {
                long place = next[0] / dim;
                int channel = (int) (next[0] % dim);
                int count = Math.min(piece.remaining(), dim - channel);
                int row = (int) (place / side) - top;
                int column = (int) (place % side) - left;
                if (row >= 0 && row < rows && column >= 0 && column < columns) {
                    piece.get(window, (row * columns + column) * dim + channel, count);
                } else {
                    piece.position(piece.position() + count);
                }
                next[0] += count;
            }
        });
        return window;
    }
}
