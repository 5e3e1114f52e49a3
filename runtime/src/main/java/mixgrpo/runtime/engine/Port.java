package mixgrpo.runtime.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * An input or output of an engine: its name and its axes, each a number ("24"), a symbol ("batch") that may take any extent, or
 * {@value #ANY} for an extent that nothing is said about. Axes of the same symbol have the same extent in all inputs of a bound
 * run. {@code ids} are whole numbers, everything else is float32; both cross the border as floats.
 */
public record Port(String name, boolean ids, List<String> axes) {

    static final String ANY = "?";

    public Port {
        axes = List.copyOf(axes);
    }

    /**
     * Checks {@code shape} against the axes and adds what it says about symbols to {@code extents}.
     *
     * @throws IllegalArgumentException if the number of axes, a fixed extent, or a symbol's extent differs
     */
    public void match(long[] shape, Map<String, Long> extents) {
        if (shape.length != axes.size()) {
            throw new IllegalArgumentException("input '%s': expected %d axes %s, got shape %s"
                    .formatted(name, axes.size(), axes, Arrays.toString(shape)));
        }
        for (int i = 0; i < shape.length; i++) {
            String axis = axes.get(i);
            Long expected = isNumber(axis) ? Long.valueOf(axis) : extents.get(axis);
            if (shape[i] < 1 || expected != null && expected != shape[i]) {
                throw new IllegalArgumentException("input '%s' %s: expected %s at axis %d (%s), got shape %s"
                        .formatted(
                                name,
                                axes,
                                expected == null ? "1 or more" : expected,
                                i,
                                axis,
                                Arrays.toString(shape)));
            }
            if (!axis.equals(ANY)) {
                extents.put(axis, shape[i]);
            }
        }
    }

    /** The shape under these extents of the symbols, or null if an axis is not among them. */
    public long[] shape(Map<String, Long> extents) {
        long[] shape = new long[axes.size()];
        for (int i = 0; i < shape.length; i++) {
            String axis = axes.get(i);
            Long extent = isNumber(axis) ? Long.valueOf(axis) : extents.get(axis);
            if (extent == null) {
                return null;
            }
            shape[i] = extent;
        }
        return shape;
    }

    private static boolean isNumber(String axis) {
        return !axis.isEmpty() && axis.chars().allMatch(Character::isDigit);
    }
}
