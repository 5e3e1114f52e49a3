package mixgrpo.models.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import mixgrpo.models.Array;

/**
 * Arrays as the bytes of a file, little-endian and row-major, rounded to nearest even where they are stored narrower than float32. They
 * go through one small buffer, whatever their size.
 */
public final class ArrayOutput {

    private static final int PIECE_BYTES = 1 << 20;

    private final Sink sink;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long written;

    /** Takes all remaining bytes; they are overwritten afterwards. */
    @FunctionalInterface
    public interface Sink {
        void accept(ByteBuffer bytes) throws IOException;
    }

    public ArrayOutput(Sink sink) {
        this.sink = sink;
    }

    /**
     * Appends an array. The sink has all of it after {@link #flush}.
     *
     * @param dtype F32, F16 or BF16
     * @throws IllegalArgumentException if there is no such key, or a finite value would become infinite; names the key
     */
    public void array(String key, Weights weights, Dtype dtype) throws IOException {
        FloatConversion conversion = new FloatConversion(dtype);
        long before = written;
        try {
            weights.pieces(key, piece -> put(key, piece, conversion, dtype));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        long expected = Array.elements(weights.shapes().get(key));
        if (written - before != expected) {
            throw new IllegalStateException(
                    "array '%s': shape promised %d elements, got %d".formatted(key, expected, written - before));
        }
    }

    private void put(String key, FloatBuffer values, FloatConversion conversion, Dtype dtype) {
        while (values.hasRemaining()) {
            if (buffer.remaining() < dtype.bytes()) {
                try {
                    flush();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            int count = Math.min(values.remaining(), buffer.remaining() / dtype.bytes());
            float lost = conversion.fromFloats(values.slice(values.position(), count), buffer);
            if (lost != 0) {
                throw new IllegalArgumentException(
                        "array '%s': %s does not fit %s; write F32".formatted(key, lost, dtype));
            }
            values.position(values.position() + count);
            written += count;
        }
    }

    /** Hands over what is still in the buffer. */
    public void flush() throws IOException {
        sink.accept(buffer.flip());
        buffer.clear();
    }
}
