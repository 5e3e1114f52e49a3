package mixgrpo.exporter.verify;

import java.util.Arrays;
import mixgrpo.models.Array;

/**
 * How far an array is from what was expected. Relative errors are those of single elements, |actual - expected| / |expected|; elements smaller
 * than a thousandth of the array's root mean square count as that large, because next to zero the quotient says nothing.
 *
 * @param maxAbsolute largest absolute error
 * @param meanAbsolute mean absolute error
 * @param maxRelative largest relative error
 * @param meanRelative mean relative error
 * @param largestShare largest absolute error as a share of the largest expected value
 * @param norm length of the error as a share of the expected array's length
 * @param cosine of the angle between the two arrays
 * @param worst index of the element with the largest absolute error, or of the first that is no finite number
 * @param expected its expected value
 * @param actual its value
 */
public record Difference(
        double maxAbsolute,
        double meanAbsolute,
        double maxRelative,
        double meanRelative,
        double largestShare,
        double norm,
        double cosine,
        long[] worst,
        double expected,
        double actual) {

    private static final double SMALLEST = 1e-3;

    /**
     * Compares two arrays. What is not finite on one side makes all errors infinite and the cosine NaN.
     *
     * @throws IllegalArgumentException if the shapes differ
     */
    public static Difference of(Array expected, Array actual) {
        if (!Arrays.equals(expected.shape(), actual.shape())) {
            throw new IllegalArgumentException("expected shape %s, got %s"
                    .formatted(Arrays.toString(expected.shape()), Arrays.toString(actual.shape())));
        }
        float[] e = expected.values();
        float[] a = actual.values();
        double squares = 0;
        double largest = 0;
        for (int i = 0; i < e.length; i++) {
            if (!Float.isFinite(e[i]) || !Float.isFinite(a[i])) {
                return notFinite(index(i, expected.shape()), e[i], a[i]);
            }
            squares += (double) e[i] * e[i];
            largest = Math.max(largest, Math.abs(e[i]));
        }
        double floor = SMALLEST * Math.sqrt(squares / e.length);
        double sum = 0;
        double relatives = 0;
        double maxRelative = 0;
        double errors = 0;
        double product = 0;
        double actualSquares = 0;
        double max = -1;
        int worst = 0;
        for (int i = 0; i < e.length; i++) {
            double error = Math.abs((double) a[i] - e[i]);
            double relative = quotient(error, Math.max(floor, Math.abs(e[i])));
            sum += error;
            relatives += relative;
            maxRelative = Math.max(maxRelative, relative);
            errors += error * error;
            product += (double) a[i] * e[i];
            actualSquares += (double) a[i] * a[i];
            if (error > max) {
                max = error;
                worst = i;
            }
        }
        double lengths = Math.sqrt(squares) * Math.sqrt(actualSquares);
        return new Difference(
                max,
                sum / e.length,
                maxRelative,
                relatives / e.length,
                quotient(max, largest),
                quotient(Math.sqrt(errors), Math.sqrt(squares)),
                lengths == 0 ? (errors == 0 ? 1 : 0) : product / lengths,
                index(worst, expected.shape()),
                e[worst],
                a[worst]);
    }

    private static Difference notFinite(long[] where, double expected, double actual) {
        double infinite = Double.POSITIVE_INFINITY;
        return new Difference(
                infinite, infinite, infinite, infinite, infinite, infinite, Double.NaN, where, expected, actual);
    }

    /** No error is none of anything; an error where all is zero is infinite. */
    private static double quotient(double error, double size) {
        return error == 0 ? 0 : error / size;
    }

    private static long[] index(int element, long[] shape) {
        long[] index = new long[shape.length];
        long rest = element;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        return index;
    }
}
