package mixgrpo.models.contract;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Tensor;
import mixgrpo.models.weights.ArrayWeights;

/**
 * One use of an operation: a network of one stage whose output {@value #OUT} is the operation's result, what goes in, and the
 * expected result as a function of what goes in.
 *
 * @param title the operands' shapes and what is special about them
 * @param inputs of the network, declared with symbols where a network of ours may have any extent
 * @param constants inputs by which nothing is differentiated: ids, tables
 * @param arrays values of the inputs and weights
 * @param op result from the scope and the inputs
 * @param expected result from the inputs and weights by name
 * @param magnitude what an error is relative to, element by element
 * @param relative allowed error as a share of the magnitude
 * @param absolute allowed error beyond that
 * @param layer whether a layer (linear, convolution) computes it, which an interpreter may do in less than float32
 * @param smooth whether the derivative exists and fits float32 at these values
 */
public record OpCase(
        String title,
        List<Network.Input> inputs,
        Set<String> constants,
        Map<String, Array> arrays,
        BiFunction<Scope, Carry, Tensor> op,
        Function<Map<String, Values>, Values> expected,
        Function<Map<String, Values>, Values> magnitude,
        double relative,
        double absolute,
        boolean layer,
        boolean smooth) {

    /** The output of every case's network. */
    public static final String OUT = "out";

    /** Half a unit in the last place of a float32 near 1. */
    static final double ROUNDING = 0x1p-24;

    /** The network; parameters have an empty stage path, so their names are those of {@link #arrays}. */
    public Network network() {
        return new Network(
                "contract",
                inputs,
                List.of(new NamedStage("", (scope, in) -> new Carry(Map.of(OUT, op.apply(scope, in))))),
                List.of(OUT));
    }

    /** Values of the network's inputs. */
    public Map<String, Array> inputArrays() {
        Map<String, Array> given = new LinkedHashMap<>();
        inputs.forEach(input -> given.put(input.name(), arrays.get(input.name())));
        return given;
    }

    /** Values of the parameters. */
    public ArrayWeights weights() {
        Map<String, Array> weights = new LinkedHashMap<>(arrays);
        inputs.forEach(input -> weights.remove(input.name()));
        return new ArrayWeights(weights);
    }

    /** The inputs and weights of a case, drawn as standard normals from a seed where not given. */
    static final class Given {
        private final Random random = new Random(20250);
        private final List<Network.Input> inputs = new ArrayList<>();
        private final Set<String> constants = new LinkedHashSet<>();
        private final Map<String, Array> arrays = new LinkedHashMap<>();

        /** An input of tokens or rows: any extent but the last may vary. */
        Given rows(String name, long... shape) {
            return input(name, normal(shape), shape.length - 1);
        }

        /** An input {@code [B, C, H, W]}: C is fixed. */
        Given image(String name, long... shape) {
            return input(name, normal(shape), 1);
        }

        /** An input {@code [B, heads, N, D]}: heads and D are fixed. */
        Given heads(String name, long... shape) {
            return input(name, normal(shape), 1, 3);
        }

        /** An input all of whose extents are fixed. */
        Given fixed(String name, long... shape) {
            return input(name, normal(shape), IntStream.range(0, shape.length).toArray());
        }

        /** An input of these rows. */
        Given rows(String name, float[]... rows) {
            float[] all = new float[rows.length * rows[0].length];
            for (int row = 0; row < rows.length; row++) {
                System.arraycopy(rows[row], 0, all, row * rows[0].length, rows[row].length);
            }
            return input(name, Array.of(all, rows.length, rows[0].length), 1);
        }

        /** An input of whole numbers. */
        Given ids(String name, float[] ids, long... shape) {
            constants.add(name);
            inputs.add(Network.Input.ids(name, axes(name, shape)));
            arrays.put(name, Array.of(ids, shape));
            return this;
        }

        /** An input that is not differentiated, rows of a table. */
        Given table(String name, Array array) {
            constants.add(name);
            return input(name, array, array.shape().length - 1);
        }

        /** A parameter. */
        Given weight(String name, long... shape) {
            arrays.put(name, normal(shape));
            return this;
        }

        /** Everything given so far multiplied by {@code factor}. */
        Given scaled(double factor) {
            return each(value -> (float) (value * factor));
        }

        /** Everything given so far with {@code offset} added. */
        Given shifted(double offset) {
            return each(value -> (float) (value + offset));
        }

        private Given each(Function<Float, Float> function) {
            for (Array array : arrays.values()) {
                for (int i = 0; i < array.values().length; i++) {
                    array.values()[i] = function.apply(array.values()[i]);
                }
            }
            return this;
        }

        Given input(String name, Array array, int... fixedAxes) {
            inputs.add(Network.Input.floats(name, axes(name, array.shape(), fixedAxes)));
            arrays.put(name, array);
            return this;
        }

        private static String[] axes(String name, long[] shape, int... fixedAxes) {
            String[] axes = new String[shape.length];
            for (int axis = 0; axis < axes.length; axis++) {
                axes[axis] = name + "_" + axis;
            }
            for (int axis : fixedAxes) {
                axes[axis] = Long.toString(shape[axis]);
            }
            return axes;
        }

        private Array normal(long... shape) {
            float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            return Array.of(values, shape);
        }

        /** The case, exact until a tolerance is given. */
        OpCase is(String title, BiFunction<Scope, Carry, Tensor> op, Function<Map<String, Values>, Values> expected) {
            return new OpCase(
                    title,
                    List.copyOf(inputs),
                    Set.copyOf(constants),
                    Map.copyOf(arrays),
                    op,
                    expected,
                    in -> expected.apply(in).abs(),
                    0,
                    0,
                    false,
                    true);
        }
    }

    static Given given() {
        return new Given();
    }

    /** With an error of {@code relative} times the expected value plus {@code absolute} allowed. */
    OpCase within(double relative, double absolute) {
        return new OpCase(title, inputs, constants, arrays, op, expected, magnitude, relative, absolute, layer, smooth);
    }

    /**
     * With an error allowed for a sum of {@code terms} products: every operation rounds once, so at most {@code terms} roundings
     * of the sum of the products' absolute values, which {@code magnitude} gives.
     */
    OpCase withinRoundings(int terms, Function<Map<String, Values>, Values> magnitude) {
        return new OpCase(
                title, inputs, constants, arrays, op, expected, magnitude, (terms + 1) * ROUNDING, 0, layer, smooth);
    }

    /** With errors relative to what {@code magnitude} gives. */
    OpCase relativeTo(Function<Map<String, Values>, Values> magnitude) {
        return new OpCase(title, inputs, constants, arrays, op, expected, magnitude, relative, absolute, layer, smooth);
    }

    OpCase byLayer() {
        return new OpCase(title, inputs, constants, arrays, op, expected, magnitude, relative, absolute, true, smooth);
    }

    /** Without a check of the gradient: a kink, or values so large that it overflows. */
    OpCase notSmooth() {
        return new OpCase(title, inputs, constants, arrays, op, expected, magnitude, relative, absolute, layer, false);
    }
}
