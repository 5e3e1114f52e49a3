package mixgrpo.exporter.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The extents of a value's axes. Negative axes count from the end. */
record Shape(List<Extent> extents) {

    Shape {
        extents = List.copyOf(extents);
    }

    static Shape of(long... dims) {
        return new Shape(Arrays.stream(dims).mapToObj(Extent::of).toList());
    }

    static Shape parse(List<String> axes) {
        return new Shape(axes.stream().map(Extent::parse).toList());
    }

    int rank() {
        return extents.size();
    }

    Extent get(int axis) {
        return extents.get(place(axis));
    }

    Extent last() {
        return get(-1);
    }

    /** The axis counted from the front. */
    int place(int axis) {
        int place = axis < 0 ? axis + rank() : axis;
        if (place < 0 || place >= rank()) {
            throw new IllegalStateException("axis %d of %s: it has %d axes".formatted(axis, this, rank()));
        }
        return place;
    }

    Shape with(int axis, Extent extent) {
        List<Extent> changed = new ArrayList<>(extents);
        changed.set(place(axis), extent);
        return new Shape(changed);
    }

    Shape append(Extent... more) {
        List<Extent> longer = new ArrayList<>(extents);
        longer.addAll(List.of(more));
        return new Shape(longer);
    }

    /** Without the last {@code count} axes. */
    Shape lead(int count) {
        return new Shape(extents.subList(0, rank() - count));
    }

    Shape permute(int... axes) {
        if (axes.length != rank()
                || !Arrays.equals(
                        Arrays.stream(axes).map(this::place).sorted().toArray(),
                        IntStream.range(0, rank()).toArray())) {
            throw new IllegalStateException("axes %s are no order of %s".formatted(Arrays.toString(axes), this));
        }
        return new Shape(Arrays.stream(axes).mapToObj(this::get).toList());
    }

    Shape concat(int axis, Shape other) {
        if (other.rank() != rank()) {
            throw new IllegalStateException("%s and %s cannot follow each other".formatted(this, other));
        }
        List<Extent> joined = new ArrayList<>();
        for (int i = 0; i < rank(); i++) {
            joined.add(i == place(axis) ? get(i).plus(other.get(i)) : same(get(i), other.get(i), this, other));
        }
        return new Shape(joined);
    }

    /** The shape of an element-wise operation on both, by NumPy's rules. */
    static Shape broadcast(Shape left, Shape right) {
        int rank = Math.max(left.rank(), right.rank());
        List<Extent> result = new ArrayList<>();
        for (int i = -rank; i < 0; i++) {
            Extent a = -i > left.rank() ? Extent.of(1) : left.get(i);
            Extent b = -i > right.rank() ? Extent.of(1) : right.get(i);
            if (a.is(1) || b.is(1)) {
                result.add(a.is(1) ? b : a);
            } else if (a.isConstant() || b.isConstant() || a.equals(b)) {
                result.add(same(a, b, left, right));
            } else {
                result.add(Extent.symbol("max(%s, %s)".formatted(a, b))); // either may turn out to be 1
            }
        }
        return new Shape(result);
    }

    /** The shape of a matrix product over the last two axes. */
    Shape matmul(Shape right) {
        if (rank() < 2 || right.rank() < 2) {
            throw new IllegalStateException(
                    "a matrix product needs two axes or more, got %s and %s".formatted(this, right));
        }
        same(last(), right.get(-2), this, right);
        return broadcast(lead(2), right.lead(2)).append(get(-2), right.last());
    }

    /** Extents that have to be equal: of different symbols it is not known, so only different numbers are an error. */
    private static Extent same(Extent a, Extent b, Shape left, Shape right) {
        if (a.isConstant() && b.isConstant() && !a.equals(b)) {
            throw new IllegalStateException("shapes %s and %s do not fit: %s is not %s".formatted(left, right, a, b));
        }
        return b.isConstant() ? b : a;
    }

    /** ONNX's Reshape: 0 copies the extent at the same place, -1 takes what is left. */
    Shape reshape(long... dims) {
        List<Extent> left = new ArrayList<>(extents);
        List<Extent> result = new ArrayList<>();
        long divisor = 1;
        int inferred = -1;
        for (int i = 0; i < dims.length; i++) {
            Extent extent = dims[i] == 0 ? get(i) : Extent.of(dims[i]);
            result.add(extent);
            if (dims[i] == -1) {
                inferred = i;
            } else if (!left.remove(extent)) {
                divisor *= extent.value();
            }
        }
        Extent rest = left.stream().reduce(Extent.of(1), Extent::times);
        if (inferred >= 0) {
            result.set(inferred, rest.over(divisor));
        }
        if (rest.isConstant() && (inferred < 0 ? rest.value() != divisor : rest.value() % divisor != 0)) {
            throw new IllegalStateException("%s cannot become %s".formatted(this, Arrays.toString(dims)));
        }
        return new Shape(result);
    }

    List<String> axes() {
        return extents.stream().map(Extent::toString).toList();
    }

    @Override
    public String toString() {
        return extents.stream().map(Extent::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
