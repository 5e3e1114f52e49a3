package mixgrpo.runtime.tensorrt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mixgrpo.runtime.engine.Port;

/**
 * The shapes that a plan is built for, of every input by its name: it runs with all from the smallest to the largest, and fastest with
 * the usual ones.
 *
 * @param min the smallest
 * @param opt the usual ones
 * @param max the largest
 */
public record ShapeProfile(Map<String, List<Long>> min, Map<String, List<Long>> opt, Map<String, List<Long>> max) {

    /** The axis whose extent changes from call to call. */
    private static final String BATCH = "batch";

    private static final String BETWEEN = " ";

    /** @throws IllegalArgumentException if they are of different inputs, or do not rise from smallest to largest */
    public ShapeProfile {
        min = Collections.unmodifiableMap(new TreeMap<>(min));
        opt = Collections.unmodifiableMap(new TreeMap<>(opt));
        max = Collections.unmodifiableMap(new TreeMap<>(max));
        if (!min.keySet().equals(opt.keySet()) || !opt.keySet().equals(max.keySet())) {
            throw new IllegalArgumentException(
                    "shapes: expected the same inputs as smallest, usual and largest, got %s, %s, %s"
                            .formatted(min.keySet(), opt.keySet(), max.keySet()));
        }
        for (String name : min.keySet()) {
            if (!within(min.get(name), opt.get(name)) || !within(opt.get(name), max.get(name))) {
                throw new IllegalArgumentException(
                        "input '%s': expected smallest <= usual <= largest on every axis, got %s, %s, %s"
                                .formatted(name, min.get(name), opt.get(name), max.get(name)));
            }
        }
    }

    private static boolean within(List<Long> small, List<Long> large) {
        boolean fits = small.size() == large.size();
        for (int axis = 0; fits && axis < small.size(); axis++) {
            fits = small.get(axis) <= large.get(axis);
        }
        return fits;
    }

    /**
     * For inputs of whom some shapes are given: those of the others follow, because axes of one name have one extent.
     *
     * @param min as trtexec's {@code --minShapes}; the others take its place if it is empty, and so with each
     * @throws IllegalArgumentException if a shape does not fit its input, there is no such input, or an extent does not follow
     */
    public static ShapeProfile of(
            List<Port> inputs, Map<String, List<Long>> min, Map<String, List<Long>> opt, Map<String, List<Long>> max) {
        Given smallest = new Given("--min-shapes", min);
        Given usual = new Given("--opt-shapes", opt);
        Given largest = new Given("--max-shapes", max);
        return new ShapeProfile(
                complete(inputs, smallest.or(usual.or(largest))),
                complete(inputs, usual.or(largest.or(smallest))),
                complete(inputs, largest.or(usual.or(smallest))));
    }

    /** Shapes with the option that they came by. */
    private record Given(String option, Map<String, List<Long>> shapes) {
        Given or(Given other) {
            return shapes.isEmpty() ? other : this;
        }
    }

    /** For inputs of these shapes and smaller batches of them. */
    public static ShapeProfile upTo(List<Port> inputs, Map<String, long[]> shapes) {
        Map<String, List<Long>> largest = lists(shapes);
        Map<String, List<Long>> smallest = new LinkedHashMap<>();
        for (Port input : inputs) {
            List<Long> shape = new ArrayList<>(largest.get(input.name()));
            for (int axis = 0; axis < shape.size(); axis++) {
                if (input.axes().get(axis).equals(BATCH)) {
                    shape.set(axis, 1L);
                }
            }
            smallest.put(input.name(), shape);
        }
        return new ShapeProfile(smallest, largest, largest);
    }

    private static Map<String, List<Long>> lists(Map<String, long[]> shapes) {
        Map<String, List<Long>> lists = new LinkedHashMap<>();
        shapes.forEach(
                (name, shape) -> lists.put(name, Arrays.stream(shape).boxed().toList()));
        return lists;
    }

    private static Map<String, List<Long>> complete(List<Port> inputs, Given chosen) {
        String option = chosen.option();
        Map<String, List<Long>> given = chosen.shapes();
        List<String> names = inputs.stream().map(Port::name).toList();
        given.keySet().stream()
                .filter(name -> !names.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new IllegalArgumentException(
                            "%s: there is no input '%s'; inputs: %s".formatted(option, name, String.join(", ", names)));
                });
        Map<String, Long> extents = new LinkedHashMap<>();
        for (Port input : inputs) {
            if (given.containsKey(input.name())) {
                try {
                    input.match(array(given.get(input.name())), extents);
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException("%s: %s".formatted(option, e.getMessage()), e);
                }
            }
        }
        Map<String, List<Long>> all = new LinkedHashMap<>();
        for (Port input : inputs) {
            long[] shape = given.containsKey(input.name()) ? array(given.get(input.name())) : input.shape(extents);
            if (shape == null) {
                throw new IllegalArgumentException(
                        "%s: the shape of input '%s' %s does not follow from the others; give it"
                                .formatted(option, input.name(), input.axes()));
            }
            all.put(input.name(), Arrays.stream(shape).boxed().toList());
        }
        return all;
    }

    static long[] array(List<Long> shape) {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    /** Whether a plan for this runs with inputs of these shapes. */
    public boolean covers(Map<String, long[]> shapes) {
        Map<String, List<Long>> asked = lists(shapes);
        return asked.keySet().equals(min.keySet())
                && asked.entrySet().stream()
                        .allMatch(entry -> within(min.get(entry.getKey()), entry.getValue())
                                && within(entry.getValue(), max.get(entry.getKey())));
    }

    /** How many elements all inputs have at the most. */
    public long largest() {
        return max.values().stream()
                .mapToLong(shape -> shape.stream().reduce(1L, Math::multiplyExact))
                .sum();
    }

    /** In one line: smallest, usual, largest. */
    @Override
    public String toString() {
        return String.join(BETWEEN, ShapeText.of(min), ShapeText.of(opt), ShapeText.of(max));
    }

    /**
     * From what {@link #toString} gave.
     *
     * @throws IllegalArgumentException if it has another form
     */
    public static ShapeProfile parse(String text) {
        String[] parts = text.split(BETWEEN, -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException(
                    "shapes of a plan: expected smallest, usual and largest, got '%s'".formatted(text));
        }
        return new ShapeProfile(
                ShapeText.parse("smallest", parts[0]),
                ShapeText.parse("usual", parts[1]),
                ShapeText.parse("largest", parts[2]));
    }
}
