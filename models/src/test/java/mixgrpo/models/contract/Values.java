package mixgrpo.models.contract;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import mixgrpo.models.Array;

/** A row-major array of doubles, in which expected values are computed. */
public record Values(int[] shape, double[] data) {

    public static Values of(Array array) {
        double[] data = new double[array.values().length];
        for (int i = 0; i < data.length; i++) {
            data[i] = array.values()[i];
        }
        return new Values(
                Arrays.stream(array.shape()).mapToInt(Math::toIntExact).toArray(), data);
    }

    /** The array whose element at every index is {@code element}'s answer for it. */
    static Values generate(int[] shape, ToDoubleFunction<int[]> element) {
        int size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        double[] data = new double[size];
        int[] index = new int[shape.length];
        for (int i = 0; i < size; i++) {
            data[i] = element.applyAsDouble(index.clone());
            for (int axis = shape.length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
                index[axis] = 0;
            }
        }
        return new Values(shape, data);
    }

    /**
     * The element at the last places of {@code index}, so that an index of more axes than this array has is fine; along an axis
     * of extent 1 every place is the first (broadcasting).
     */
    double at(int... index) {
        int offset = 0;
        for (int axis = 0; axis < shape.length; axis++) {
            int place = index[index.length - shape.length + axis];
            offset = offset * shape[axis] + (shape[axis] == 1 ? 0 : place);
        }
        return data[offset];
    }

    int extent(int axis) {
        return shape[axis < 0 ? axis + shape.length : axis];
    }

    Values map(DoubleUnaryOperator function) {
        return new Values(shape, Arrays.stream(data).map(function).toArray());
    }

    Values abs() {
        return map(Math::abs);
    }

    /** Both operands broadcast against each other. */
    Values with(Values other, DoubleBinaryOperator function) {
        return generate(broadcast(shape, other.shape), index -> function.applyAsDouble(at(index), other.at(index)));
    }

    Values reshaped(int... dims) {
        return new Values(dims, data);
    }

    static int[] broadcast(int[] a, int[] b) {
        int rank = Math.max(a.length, b.length);
        int[] shape = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            int fromA = axis < rank - a.length ? 1 : a[axis - rank + a.length];
            int fromB = axis < rank - b.length ? 1 : b[axis - rank + b.length];
            shape[axis] = fromA == 1 ? fromB : fromA;
        }
        return shape;
    }

    /** A copy of {@code index} with another place along {@code axis}. */
    static int[] replace(int[] index, int axis, int place) {
        int[] changed = index.clone();
        changed[axis < 0 ? axis + index.length : axis] = place;
        return changed;
    }
}
