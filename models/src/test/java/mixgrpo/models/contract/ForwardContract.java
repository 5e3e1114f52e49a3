package mixgrpo.models.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Stage;
import mixgrpo.models.Tensor;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Test;

/** An interpreter computes every operation, and stages with their names, as defined. */
public interface ForwardContract extends OpSuite {

    /** The network's outputs by name and every tapped value by its full key. */
    Map<String, Array> run(Network network, Map<String, Array> inputs, Weights weights);

    /**
     * Allowed error of layers as a share of the sum of their products' absolute values, for interpreters that compute them in
     * less than float32; 0 asks for float32.
     */
    default double layerTolerance() {
        return 0;
    }

    @Override
    default void check(OpCase opCase) {
        Map<String, Values> given = new LinkedHashMap<>();
        opCase.arrays().forEach((name, array) -> given.put(name, Values.of(array)));
        Array actual =
                run(opCase.network(), opCase.inputArrays(), opCase.weights()).get(OpCase.OUT);
        Values expected = opCase.expected().apply(given);
        Values magnitude = opCase.magnitude().apply(given);
        assertArrayEquals(
                Arrays.stream(expected.shape()).asLongStream().toArray(), actual.shape(), opCase.title() + ": shape");
        double relative = opCase.layer() ? Math.max(opCase.relative(), layerTolerance()) : opCase.relative();
        for (int i = 0; i < expected.data().length; i++) {
            double allowed = opCase.absolute() + relative * magnitude.data()[i];
            double difference = Math.abs(actual.values()[i] - expected.data()[i]);
            // Written so that NaN fails.
            if (!(difference <= allowed)) {
                fail("%s: element %d of %s: expected %.9g, got %.9g; difference %.2g, allowed %.2g"
                        .formatted(
                                opCase.title(),
                                i,
                                Arrays.toString(expected.shape()),
                                expected.data()[i],
                                actual.values()[i],
                                difference,
                                allowed));
            }
        }
    }

    /** Adds its parameter "shift" to "x" and taps the sum. */
    record Shift() implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor sum = in.get("x").plus(scope.param("shift", 2));
            return in.with("x", scope.tap("sum", sum));
        }
    }

    /** Makes a value, drops another, and taps its own path. */
    record Split() implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor x = scope.tap("", in.get("x").times(2));
            return in.with("y", x).without("side");
        }
    }

    @Test
    default void stagesFindTheirParametersAndTapsUnderTheirPaths() {
        Network network = new Network(
                "stages",
                List.of(Network.Input.floats("x", "batch", "2"), Network.Input.floats("side", "batch", "2")),
                List.of(
                        new NamedStage("", new Shift()),
                        new NamedStage("blocks.0", new Shift()),
                        new NamedStage("blocks.1", new Shift()),
                        new NamedStage("last", new Split())),
                List.of("y", "x"));
        Weights weights = new ArrayWeights(Map.of(
                "blocks.1.shift", Array.of(new float[] {100, 200}, 2),
                "shift", Array.of(new float[] {1, 2}, 2),
                "blocks.0.shift", Array.of(new float[] {10, 20}, 2)));
        Map<String, Array> inputs = Map.of(
                "x", Array.of(new float[] {0.5f, 0, 0, 0.25f}, 2, 2), "side", Array.of(new float[] {7, 7, 7, 7}, 2, 2));
        Map<String, Array> results = run(network, inputs, weights);
        Map<String, float[]> expected = Map.of(
                "sum", new float[] {1.5f, 2, 1, 2.25f},
                "blocks.0.sum", new float[] {11.5f, 22, 11, 22.25f},
                "blocks.1.sum", new float[] {111.5f, 222, 111, 222.25f},
                "x", new float[] {111.5f, 222, 111, 222.25f},
                "last", new float[] {223, 444, 222, 444.5f},
                "y", new float[] {223, 444, 222, 444.5f});
        assertEquals(expected.keySet(), results.keySet());
        expected.forEach((name, values) -> {
            assertArrayEquals(values, results.get(name).values(), name);
            assertArrayEquals(new long[] {2, 2}, results.get(name).shape(), name);
        });
        assertTrue(inputs.get("x").values()[0] == 0.5f, "inputs stay as they are");
    }
}
