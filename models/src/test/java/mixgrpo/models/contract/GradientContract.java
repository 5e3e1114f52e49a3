package mixgrpo.models.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;
import mixgrpo.models.weights.Weights;

/**
 * An interpreter differentiates every operation: the gradient of {@code sum(direction * out)} for a random direction equals
 * central differences of the expected value in double. Inputs become parameters, so that an interpreter needs gradients of
 * parameters only.
 */
public interface GradientContract extends OpSuite {

    /** Step of the central differences as a share of the operand's largest element: an error of 1e-10 relative. */
    double STEP = 1e-5;

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
            if (input.ids()) {
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
                        if (!input.ids()) {
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
        long[] shape = new long[out.shape().length];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = out.shape()[axis];
        }
        for (int i = 0; i < direction.length; i++) {
            direction[i] = (float) random.nextGaussian();
        }
        Map<String, float[]> actual = gradients(network, inputs, new ArrayWeights(weights), Array.of(direction, shape));
        assertEquals(weights.keySet(), actual.keySet(), opCase.title());
        for (String name : weights.keySet()) {
            compare(opCase, name, differences(opCase, given, name, direction), actual.get(name));
        }
    }

    private static double[] differences(OpCase opCase, Map<String, Values> given, String name, float[] direction) {
        double[] at = given.get(name).data();
        double[] gradient = new double[at.length];
        double step = STEP * (largest(at) == 0 ? 1 : largest(at));
        for (int i = 0; i < at.length; i++) {
            double value = at[i];
            at[i] = value + step;
            double above = dot(direction, opCase.expected().apply(given).data());
            at[i] = value - step;
            double below = dot(direction, opCase.expected().apply(given).data());
            at[i] = value;
            gradient[i] = (above - below) / (2 * step);
        }
        return gradient;
    }

    private static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    private static double dot(float[] direction, double[] values) {
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += direction[i] * values[i];
        }
        return sum;
    }

    private void compare(OpCase opCase, String name, double[] expected, float[] actual) {
        // A float32 backward pass sums some dozens of rounded terms about as large as the largest gradient; where the
        // terms cancel, of size 1.
        double relative = Math.max(1e-5, opCase.layer() ? layerTolerance() : 0);
        double allowed = relative * largest(expected) + 1e-6;
        for (int i = 0; i < expected.length; i++) {
            if (!(Math.abs(actual[i] - expected[i]) <= allowed)) {
                fail("%s: gradient of '%s', element %d: expected %.9g, got %.9g; allowed difference %.2g"
                        .formatted(opCase.title(), name, i, expected[i], actual[i], allowed));
            }
        }
    }
}
