package mixgrpo.runtime.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;

/**
 * An array of a bound run in the machine's memory, outside of the heap, where native code reads and writes it: float32, or int64 for ids. Goes back to the
 * system when the collector finds it.
 */
public final class HostArray {

    private final String name;
    private final boolean ids;
    private final long[] shape;
    private final int elements;
    private final ByteBuffer bytes;

    /**
     * @param name for messages
     * @throws IllegalArgumentException if it would be larger than 2 GiB
     */
    public HostArray(String name, boolean ids, long[] shape) {
        this.name = name;
        this.ids = ids;
        this.shape = shape.clone();
        int bytesOfOne = ids ? Long.BYTES : Float.BYTES;
        long count = Array.elements(shape);
        if (count > Integer.MAX_VALUE / bytesOfOne) {
            throw new IllegalArgumentException(
                    "'%s' %s: expected an array of at most 2 GiB, got %d values of %d bytes; a smaller batch or smaller pictures make inputs and outputs smaller"
                            .formatted(name, Arrays.toString(shape), count, bytesOfOne));
        }
        elements = (int) count;
        bytes = ByteBuffer.allocateDirect(elements * bytesOfOne).order(ByteOrder.nativeOrder());
    }

    public String name() {
        return name;
    }

    /** Whether its values are int64. */
    public boolean ids() {
        return ids;
    }

    /** A new array. */
    public long[] shape() {
        return shape.clone();
    }

    /** The memory itself, in the machine's byte order. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** The memory of one that holds float32. */
    FloatBuffer floats() {
        return bytes.asFloatBuffer();
    }

    /** The memory of one that holds int64. */
    LongBuffer longs() {
        return bytes.asLongBuffer();
    }

    /**
     * Takes values, row-major.
     *
     * @throws IllegalArgumentException if their number is not its shape's, or an id is not whole
     */
    public void set(float[] values) {
        checkElements(values);
        if (!ids) {
            floats().put(0, values);
            return;
        }
        LongBuffer longs = longs();
        for (int i = 0; i < elements; i++) {
            if (values[i] != (long) values[i]) {
                throw new IllegalArgumentException(
                        "'%s': expected whole numbers, got %s at %d".formatted(name, values[i], i));
            }
            longs.put(i, (long) values[i]);
        }
    }

    /** Reads a weight of this shape, float32, straight into place. */
    public void set(Weights weights, String key) {
        weights.read(key, floats());
    }

    /**
     * Gives its values, row-major.
     *
     * @throws IllegalArgumentException if {@code target} has another number of elements
     */
    public void get(float[] target) {
        checkElements(target);
        if (!ids) {
            floats().get(0, target);
            return;
        }
        LongBuffer longs = longs();
        for (int i = 0; i < elements; i++) {
            target[i] = longs.get(i);
        }
    }

    private void checkElements(float[] values) {
        if (values.length != elements) {
            throw new IllegalArgumentException("'%s': expected %d values for shape %s, got %d"
                    .formatted(name, elements, Arrays.toString(shape), values.length));
        }
    }
}
