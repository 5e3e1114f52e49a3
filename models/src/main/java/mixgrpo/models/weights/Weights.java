package mixgrpo.models.weights;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import mixgrpo.models.Array;

/**
 * Named float arrays, wherever they lie (a memory-mapped file, arrays, a trainer's parameters). Reading converts to
 * float32.
 */
public interface Weights {

    /** Shape of every array by its key, in the order of the source; the caller must not change them. */
    Map<String, long[]> shapes();

    /**
     * Puts all elements of {@code key}, row-major, at the position of {@code target} and moves it behind them.
     *
     * @throws IllegalArgumentException if there is no such key
     */
    void read(String key, FloatBuffer target);

    /**
     * The elements of {@code key} in a new array of the caller.
     *
     * @throws IllegalArgumentException if there is no such key, or it has more elements than a Java array
     */
    default float[] floats(String key) {
        long[] shape = shapes().get(key);
        if (shape == null) {
            throw new IllegalArgumentException("no array '%s'; there are %d others".formatted(key, shapes().size()));
        }
        long elements = Array.elements(shape);
        if (elements > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "array '%s' %s does not fit one Java array".formatted(key, Arrays.toString(shape)));
        }
        float[] values = new float[(int) elements];
        read(key, FloatBuffer.wrap(values));
        return values;
    }

    /**
     * Where {@code key} lies in a file, for programs that read it there themselves. Empty if it does not lie in one piece, is
     * computed, or is not in a file.
     *
     * @throws IllegalArgumentException if there is no such key
     */
    default Optional<StoredArray> stored(String key) {
        return Optional.empty();
    }

    /**
     * Hands all elements of {@code key} to {@code sink} in order, in pieces that need not be kept: each is overwritten
     * by the next. For what looks at every value once, in little memory.
     *
     * @throws IllegalArgumentException if there is no such key
     */
    default void pieces(String key, Consumer<FloatBuffer> sink) {
        sink.accept(FloatBuffer.wrap(floats(key)));
    }

    /**
     * As {@link #pieces(String, Consumer)}, but only {@code count} elements from the one with index {@code first} on.
     *
     * @throws IllegalArgumentException if there is no such key
     */
    default void pieces(String key, long first, long count, Consumer<FloatBuffer> sink) {
        long[] passed = new long[1];
        pieces(key, piece -> {
            int length = piece.remaining();
            int from = (int) Math.min(length, Math.max(0, first - passed[0]));
            int to = (int) Math.max(from, Math.min(length, first + count - passed[0]));
            if (to > from) {
                sink.accept(piece.slice(piece.position() + from, to - from));
            }
            passed[0] += length;
        });
    }
}
