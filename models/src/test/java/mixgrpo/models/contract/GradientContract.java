package mixgrpo.models.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;

/**
 * An interpreter differentiates every operation: the gradient of {@code sum(direction * out)} for a random direction equals
 * central differences of the expected value in double. Inputs become parameters, so that an interpreter needs gradients of
 * parameters only.
 */
public interface GradientContract extends OpSuite {

    /** Step of the central differences as a share of the operand's largest element: an error of 1e-10 relative. */
    double STEP = 1e-5;

    /** Elements of an operand whose derivatives are compared; larger operands are probed at random. */
    int PROBES = 16;

    /**
     * Gradients by parameter key of {@code sum(direction * out)}, row-major.
     *
     * @param direction of the shape of the network's only output, {@link OpCase#OUT}
     */
    Map<String, float[]> gradients(Network network, Map<String, Array> inputs, Weights weights, Array direction);

    /**
     * Allowed error of gradients through layers as a share of the parameter's largest, for interpreters that compute layers in
     * less than float32.
     */
    default double layerTolerance() {
        return 0;
    }

    @Override
    default void check(OpCase opCase) {
        if (!opCase.smooth()) {
            return;
        }
        Map<String, Array> weights = new LinkedHashMap<>(opCase.arrays());
        Map<String, Array> inputs = new LinkedHashMap<>();
        List<Network.Input> declared = new ArrayList<>();
        for (Network.Input input : opCase.inputs()) {
            if (opCase.constants().contains(input.name())) {
                declared.add(input);
                inputs.put(input.name(), weights.remove(input.name()));
            }
        }
        if (declared.isEmpty()) {
            // A network has at least one input.
            declared.add(Network.Input.floats("unused", "1"));
            inputs.put("unused", Array.of(new float[1], 1));
        }
        Network network = new Network(
                "gradient",
                declared,
                List.of(new NamedStage("", (scope, in) -> {
                    Map<String, Tensor> values = new LinkedHashMap<>(in.values());
                    for (Network.Input input : opCase.inputs()) {
                        if (!opCase.constants().contains(input.name())) {
                            values.put(
                                    input.name(),
                                    scope.param(
                                            input.name(),
                                            weights.get(input.name()).shape()));
                        }
                    }
                    return new Carry(Map.of(OpCase.OUT, opCase.op().apply(scope, new Carry(values))));
                })),
                List.of(OpCase.OUT));

        Map<String, Values> given = new LinkedHashMap<>();
        opCase.arrays().forEach((name, array) -> given.put(name, Values.of(array)));
        Values out = opCase.expected().apply(given);
        float[] direction = new float[out.data().length];
        Random random = new Random(77);
        long[] shape = Arrays.stream(out.shape()).asLongStream().toArray();
        for (int i = 0; i < direction.length; i++) {
            direction[i] = (float) random.nextGaussian();
        }
        Map<String, float[]> actual = gradients(network, inputs, new ArrayWeights(weights), Array.of(direction, shape));
        assertEquals(weights.keySet(), actual.keySet(), opCase.title());
        for (String name : weights.keySet()) {
            int size = given.get(name).data().length;
            assertEquals(size, actual.get(name).length, opCase.title() + ": size of the gradient of " + name);
            int[] elements = size <= PROBES
                    ? IntStream.range(0, size).toArray()
                    : random.ints(PROBES, 0, size).toArray();
            compare(opCase, name, elements, differences(opCase, given, name, direction, elements), actual.get(name));
        }
    }

    /** The derivatives by the given elements of an operand. */
    private static double[] differences(
            OpCase opCase, Map<String, Values> given, String name, float[] direction, int[] elements) {
        double[] at = given.get(name).data();
        double[] derivatives = new double[elements.length];
        double step = STEP * (largest(at) == 0 ? 1 : largest(at));
        for (int i = 0; i < elements.length; i++) {
            int element = elements[i];
            double value = at[element];
            at[element] = value + step;
            double above = dot(direction, opCase.expected().apply(given).data());
            at[element] = value - step;
            double below = dot(direction, opCase.expected().apply(given).data());
            at[element] = value;
            derivatives[i] = (above - below) / (2 * step);
        }
        return derivatives;
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }

    private static double dot(float[] direction, double[] values) {
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += direction[i] * values[i];
        }
        return sum;
    }

    private void compare(OpCase opCase, String name, int[] elements, double[] expected, float[] actual) {
        // A backward pass sums some dozens of rounded terms about as large as the largest gradient or, where they
        // cancel, 1.
        double layers = opCase.layer() ? layerTolerance() : 0;
        double allowed = Math.max(1e-5, layers) * largest(expected) + Math.max(1e-6, layers);
        for (int i = 0; i < elements.length; i++) {
            float got = actual[elements[i]];
            // Written so that NaN fails.
            if (!(Math.abs(got - expected[i]) <= allowed)) {
                fail("%s: gradient of '%s', element %d: expected %.9g, got %.9g; allowed difference %.2g"
                        .formatted(opCase.title(), name, elements[i], expected[i], got, allowed));
            }
        }
    }
}
