package mixgrpo.models;

import java.util.Arrays;

/**
 * Plain float32 data that goes into or comes out of an interpreter: values in row-major order. Holds the caller's array
 * without copying. Ids (whole numbers up to 2^24) travel as floats too; the interpreter converts them.
 */
public record Array(long[] shape, float[] values) {

    public Array {
        long elements = elements(shape);
        if (elements != values.length) {
            throw new IllegalArgumentException("shape %s has %d elements, got %d values"
                    .formatted(Arrays.toString(shape), elements, values.length));
        }
    }

    /**
     * How many elements an array of this shape has.
     *
     * @throws ArithmeticException if they are more than a long holds
     */
    public static long elements(long[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    public static Array of(float[] values, long... shape) {
        return new Array(shape, values);
    }
}
