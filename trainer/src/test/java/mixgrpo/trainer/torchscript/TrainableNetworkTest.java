package mixgrpo.trainer.torchscript;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Stage;
import mixgrpo.models.Tensor;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Test;

class TrainableNetworkTest {

    private static final int DIM = 8;

    /** Two values flow: "x" is changed by every block, "side" made by the first stage is read by all later ones. */
    private record Stem() implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor side =
                    scope.linear("side", in.get("x").layerNorm(1e-6), DIM, DIM).silu();
            return in.with("x", scope.linear("in", in.get("x"), DIM, DIM)).with("side", side);
        }
    }

    private record Block() implements Stage {
        @Override
        public Carry apply(Scope scope, Carry in) {
            Tensor x = in.get("x");
            Tensor y =
                    scope.linear("proj", x.layerNorm(1e-6).times(in.get("side").plus(1)), DIM, DIM);
            return in.with("x", x.plus(y.geluTanh()));
        }
    }

    private static final Network NETWORK = new Network(
            "test",
            List.of(Network.Input.floats("x", "batch", "" + DIM)),
            List.of(
                    new NamedStage("", new Stem()),
                    new NamedStage("blocks.0", new Block()),
                    new NamedStage("blocks.1", new Block())),
            List.of("x"));

    private static final LoraConfig LORA = new LoraConfig(2, 4, List.of("proj"));

    @Test
    void gradientsAreFiniteDifferences() {
        long seed = 11;
        Weights weights = random(ScriptSource.of(NETWORK, ScriptOptions.plain()).parameters(), seed);
        Map<String, Array> inputs = inputs(seed);
        float[] direction = normal(new Random(seed + 1), 3 * DIM);
        Map<String, float[]> gradients = gradients(ScriptOptions.plain(), weights, inputs, direction);
        for (String key : List.of("in.weight", "side.bias", "blocks.0.proj.weight", "blocks.1.proj.bias")) {
            double expected = difference(weights, inputs, direction, key, 3);
            // Central differences of a float32 network with step 1e-2: about three digits.
            assertEquals(
                    expected, gradients.get(key)[3], 2e-3 * Math.max(1, Math.abs(expected)), key + ", seed " + seed);
        }
    }

    @Test
    void recomputedGradientsEqualPlainOnes() {
        for (Optional<LoraConfig> lora : List.of(Optional.<LoraConfig>empty(), Optional.of(LORA))) {
            for (Precision precision : Precision.values()) {
                ScriptOptions plain = new ScriptOptions(precision, false, lora);
                Weights weights = random(ScriptSource.of(NETWORK, plain).parameters(), 5);
                float[] direction = normal(new Random(6), 3 * DIM);
                Map<String, float[]> expected = gradients(plain, weights, inputs(7), direction);
                Map<String, float[]> actual =
                        gradients(new ScriptOptions(precision, true, lora), weights, inputs(7), direction);
                assertEquals(expected.keySet(), actual.keySet());
                // The same operations; where a value has two readers their gradients add up in another order, in
                // bfloat16 too.
                float tolerance = precision == Precision.FP32 ? 1e-6f : 3e-2f;
                expected.forEach((key, values) -> assertArrayEquals(values, actual.get(key), tolerance, key));
            }
        }
    }

    /** "side" is a product of a parameter, which the last stage reads for its extent only. */
    private static final Network EXTENT_ONLY = new Network(
            "extent",
            List.of(Network.Input.floats("x", "batch", "2")),
            List.of(
                    new NamedStage(
                            "first", (scope, in) -> in.with("side", in.get("x").times(scope.param("p", 2)))),
                    new NamedStage(
                            "middle", (scope, in) -> in.with("x", in.get("side").times(in.get("x")))),
                    new NamedStage(
                            "last",
                            (scope, in) -> in.with(
                                    "x",
                                    in.get("x")
                                            .concat(0, scope.param("q", 1, 2))
                                            .headLike(0, in.get("side")))),
                    new NamedStage("unused", (scope, in) -> in.with("z", scope.param("r", 2)))),
            List.of("x"));

    @Test
    void recomputedGradientsOfValuesReadForTheirExtentEqualPlainOnes() {
        Weights weights =
                random(ScriptSource.of(EXTENT_ONLY, ScriptOptions.plain()).parameters(), 5);
        for (boolean recompute : new boolean[] {false, true}) {
            ScriptOptions options = new ScriptOptions(Precision.FP32, recompute, Optional.empty());
            try (var network = new TrainableNetwork(EXTENT_ONLY, weights, options);
                    TrainableNetwork.Pass pass = network.forward(Map.of("x", Array.of(new float[] {1, 2}, 1, 2)))) {
                pass.backward(Map.of("x", Array.of(new float[] {1, 3}, 1, 2)));
                Map<String, float[]> gradients = network.gradients();
                assertArrayEquals(new float[] {1, 12}, gradients.get("first.p"));
                assertArrayEquals(new float[2], gradients.get("last.q"));
                assertArrayEquals(new float[2], gradients.get("unused.r"));
            }
        }
    }

    @Test
    void adamStepOfAParameterWithoutGradientIsItsDecay() {
        Weights weights =
                random(ScriptSource.of(EXTENT_ONLY, ScriptOptions.plain()).parameters(), 5);
        try (var network = new TrainableNetwork(EXTENT_ONLY, weights, ScriptOptions.plain());
                var optimizer = new AdamW(network)) {
            try (TrainableNetwork.Pass pass = network.forward(Map.of("x", Array.of(new float[] {1, 2}, 1, 2)))) {
                pass.backward(Map.of("x", Array.of(new float[] {1, 3}, 1, 2)));
            }
            optimizer.step(new AdamW.Settings(1e-2, .9, .999, 1e-8, .1, 1));
            float[] before = weights.floats("unused.r");
            float[] after = network.parameters().floats("unused.r");
            assertEquals(before[0] * (1 - 1e-2 * .1), after[0], 1e-7);
        }
    }

    @Test
    void loraTrainsOnlyAdapters() {
        ScriptOptions options = new ScriptOptions(Precision.FP32, false, Optional.of(LORA));
        Weights weights = random(ScriptSource.of(NETWORK, options).parameters(), 5);
        Map<String, float[]> gradients = gradients(options, weights, inputs(7), normal(new Random(6), 3 * DIM));
        assertEquals(
                List.of(
                        "blocks.0.proj.lora_A.weight",
                        "blocks.0.proj.lora_B.weight",
                        "blocks.1.proj.lora_A.weight",
                        "blocks.1.proj.lora_B.weight"),
                List.copyOf(gradients.keySet()));
        assertTrue(gradients.get("blocks.0.proj.lora_B.weight")[0] != 0);
    }

    @Test
    void equalStagesShareTheirText() {
        String code = ScriptSource.of(NETWORK, ScriptOptions.plain()).code();
        assertEquals(2, code.split("def stage", -1).length - 1, code);
    }

    @Test
    void bfloat16IsCloseToFloat32() {
        Weights weights = random(ScriptSource.of(NETWORK, ScriptOptions.plain()).parameters(), 5);
        float[] direction = normal(new Random(6), 3 * DIM);
        Map<String, float[]> exact = gradients(ScriptOptions.plain(), weights, inputs(7), direction);
        Map<String, float[]> rounded =
                gradients(new ScriptOptions(Precision.BF16, false, Optional.empty()), weights, inputs(7), direction);
        boolean differs = false;
        for (String key : exact.keySet()) {
            double norm = 0;
            double error = 0;
            for (int i = 0; i < exact.get(key).length; i++) {
                norm += exact.get(key)[i] * exact.get(key)[i];
                error += Math.pow(exact.get(key)[i] - rounded.get(key)[i], 2);
            }
            // bfloat16 has 8 significant bits: 2^-8 a rounding, a few of them in a row.
            assertTrue(Math.sqrt(error / norm) < 3e-2, key + " " + Math.sqrt(error / norm));
            differs |= error > 0;
        }
        assertTrue(differs, "bfloat16 computed in float32");
    }

    @Test
    void adamStepIsTheClosedForm() {
        Weights weights = random(ScriptSource.of(NETWORK, ScriptOptions.plain()).parameters(), 5);
        float[] direction = normal(new Random(6), 3 * DIM);
        try (var network = new TrainableNetwork(NETWORK, weights, ScriptOptions.plain());
                var optimizer = new AdamW(network)) {
            backward(network, inputs(7), direction);
            Map<String, float[]> gradients = network.gradients();
            double norm = Math.sqrt(gradients.values().stream()
                    .mapToDouble(values -> squares(values))
                    .sum());
            var settings = new AdamW.Settings(1e-2, .9, .999, 1e-8, .1, norm / 2);
            assertEquals(norm, optimizer.step(settings), 1e-5 * norm);
            for (String key : gradients.keySet()) {
                float[] before = weights.floats(key);
                float[] after = network.parameters().floats(key);
                for (int i = 0; i < before.length; i++) {
                    // First step: both moments divided by their bias correction are g and g^2.
                    double g = gradients.get(key)[i] / 2;
                    double expected = before[i] * (1 - 1e-2 * .1) - 1e-2 * g / (Math.abs(g) + 1e-8);
                    assertEquals(expected, after[i], 1e-5, key);
                }
                assertEquals(0, squares(network.gradients().get(key)), "gradients are cleared");
            }
        }
    }

    @Test
    void restoredOptimizerContinuesBitForBit() {
        Weights weights = random(ScriptSource.of(NETWORK, ScriptOptions.plain()).parameters(), 5);
        float[] direction = normal(new Random(6), 3 * DIM);
        var settings = new AdamW.Settings(1e-2, .9, .999, 1e-8, .1, 1);
        try (var network = new TrainableNetwork(NETWORK, weights, ScriptOptions.plain());
                var optimizer = new AdamW(network)) {
            AdamW.MovingAverage average = optimizer.newMovingAverage();
            backward(network, inputs(7), direction);
            optimizer.step(settings);
            average.update(.9);
            Weights savedWeights = copy(network.parameters());
            Weights savedState = copy(optimizer.state());
            Weights savedAverage = copy(average.weights());
            backward(network, inputs(8), direction);
            optimizer.step(settings);
            average.update(.9);
            try (var resumed = new TrainableNetwork(NETWORK, savedWeights, ScriptOptions.plain());
                    var resumedOptimizer = new AdamW(resumed)) {
                AdamW.MovingAverage resumedAverage = resumedOptimizer.newMovingAverage();
                resumedOptimizer.restore(savedState);
                resumedAverage.restore(savedAverage);
                backward(resumed, inputs(8), direction);
                resumedOptimizer.step(settings);
                resumedAverage.update(.9);
                for (String key : weights.shapes().keySet()) {
                    assertArrayEquals(
                            network.parameters().floats(key),
                            resumed.parameters().floats(key),
                            key);
                    assertArrayEquals(
                            average.weights().floats(key),
                            resumedAverage.weights().floats(key),
                            key);
                }
            }
        }
    }

    @Test
    void wrongWeightsAreRefused() {
        Weights weights = random(Map.of("in.weight", new long[] {DIM, DIM + 1}), 5);
        var error = assertThrows(
                IllegalArgumentException.class,
                () -> new TrainableNetwork(NETWORK, weights, ScriptOptions.plain()).close());
        assertTrue(error.getMessage().contains("expected shape [8, 8]"), error.getMessage());
    }

    private static double difference(
            Weights weights, Map<String, Array> inputs, float[] direction, String key, int index) {
        double step = 1e-2;
        double[] value = new double[2];
        for (int side = 0; side < 2; side++) {
            Map<String, Array> changed = arrays(weights);
            changed.get(key).values()[index] += (float) (side == 0 ? step : -step);
            try (var network = new TrainableNetwork(NETWORK, weights(changed), ScriptOptions.plain())) {
                float[] out = network.infer(inputs).get("x").values();
                for (int i = 0; i < out.length; i++) {
                    value[side] += out[i] * direction[i];
                }
            }
        }
        return (value[0] - value[1]) / (2 * step);
    }

    private static Map<String, float[]> gradients(
            ScriptOptions options, Weights weights, Map<String, Array> inputs, float[] direction) {
        try (var network = new TrainableNetwork(NETWORK, weights, options)) {
            backward(network, inputs, direction);
            return network.gradients();
        }
    }

    private static void backward(TrainableNetwork network, Map<String, Array> inputs, float[] direction) {
        try (TrainableNetwork.Pass pass = network.forward(inputs)) {
            pass.backward(Map.of("x", Array.of(direction, 3, DIM)));
        }
    }

    private static double squares(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value * value;
        }
        return sum;
    }

    private static Map<String, Array> inputs(long seed) {
        return Map.of("x", Array.of(normal(new Random(seed), 3 * DIM), 3, DIM));
    }

    private static float[] normal(Random random, int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static Weights random(Map<String, long[]> shapes, long seed) {
        Random random = new Random(seed);
        Map<String, Array> arrays = new LinkedHashMap<>();
        shapes.forEach((key, shape) -> {
            float[] values = normal(random, (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b));
            for (int i = 0; i < values.length; i++) {
                values[i] *= .3f;
            }
            arrays.put(key, new Array(shape, values));
        });
        return weights(arrays);
    }

    private static Weights copy(Weights weights) {
        return weights(arrays(weights));
    }

    private static Map<String, Array> arrays(Weights weights) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        new ArrayList<>(weights.shapes().entrySet())
                .forEach(entry ->
                        arrays.put(entry.getKey(), new Array(entry.getValue(), weights.floats(entry.getKey()))));
        return arrays;
    }

    private static Weights weights(Map<String, Array> arrays) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        arrays.forEach((key, array) -> shapes.put(key, array.shape()));
        return new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return shapes;
            }

            @Override
            public void read(String key, FloatBuffer target) {
                target.put(arrays.get(key).values());
            }
        };
    }
}
