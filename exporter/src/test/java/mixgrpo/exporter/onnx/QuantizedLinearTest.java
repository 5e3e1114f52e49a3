package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Scope;
import mixgrpo.models.Tensor;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QuantizedLinearTest {

    private static final int IN = 192;
    private static final int OUT = 128;
    private static final long SEED = 7;

    private record Layer(Map<String, long[]> shapes, Map<String, float[]> values) implements Weights {
        static Layer of(float[] weight, float[] bias) {
            return new Layer(
                    Map.of("layer.weight", new long[] {OUT, IN}, "layer.bias", new long[] {OUT}),
                    Map.of("layer.weight", weight, "layer.bias", bias));
        }

        @Override
        public void read(String key, FloatBuffer target) {
            target.put(values.get(key));
        }
    }

    private static Network network(int in, int out) {
        return network(in, (scope, x) -> scope.linear("layer", x, in, out));
    }

    private static Network network(int in, BiFunction<Scope, Tensor, Tensor> layers) {
        return new Network(
                "layers over tokens",
                List.of(Network.Input.floats("x", "batch", "tokens", "" + in)),
                List.of(new NamedStage(
                        "", (scope, carry) -> new Carry(Map.of("y", layers.apply(scope, carry.get("x")))))),
                List.of("y"));
    }

    private static OnnxOptions int8(Form form) {
        return (form == Form.ORT ? OnnxOptions.ort() : OnnxOptions.portable()).withPrecision(Precision.INT8);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void wholeNumbersOfFullRangeAreExact(Form form) {
        Random random = new Random(SEED);
        float[] weight = new float[OUT * IN];
        for (int o = 0; o < OUT; o++) {
            for (int i = 0; i < IN; i++) {
                weight[o * IN + i] = i < 2 ? 64 : random.nextInt(129) - 64;
            }
        }
        float[] bias = new float[OUT];
        for (int o = 0; o < OUT; o++) {
            bias[o] = o;
        }
        float[] x = new float[2 * 3 * IN];
        for (int k = 0; k < x.length; k++) {
            x[k] = k < 2 ? 255 : random.nextInt(256); // with weights of 64 the largest sum of two products
        }
        float[] expected = product(x, weight, bias);
        float[] actual = run(int8(form), x, Layer.of(weight, bias));
        assertArrayEquals(expected, actual, "seed " + SEED);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void errorStaysWithinHalfALevelOfEachFactor(Form form) {
        Random random = new Random(SEED);
        float[] weight = normal(random, OUT * IN, 0.05);
        weight[3] = 0;
        float[] bias = normal(random, OUT, 1);
        float[] x = normal(random, 2 * 3 * IN, 1);
        float[] expected = product(x, weight, bias);
        float[] actual = run(int8(form), x, Layer.of(weight, bias));
        double xLevel = (max(x, 0, x.length, 1) + max(x, 0, x.length, -1)) / 255;
        for (int k = 0; k < actual.length; k++) {
            int token = k / OUT;
            int o = k % OUT;
            double weightLevel =
                    Math.max(max(weight, o * IN, (o + 1) * IN, 1), max(weight, o * IN, (o + 1) * IN, -1)) / 64;
            double bound = 1e-5; // float32 sums
            for (int i = 0; i < IN; i++) {
                double w = Math.abs(weight[o * IN + i]);
                // The zero point is rounded too, so an activation may be off by a whole level at the ends of the range.
                bound += xLevel * w + weightLevel / 2 * (Math.abs(x[token * IN + i]) + xLevel);
            }
            assertTrue(
                    Math.abs(actual[k] - expected[k]) <= bound,
                    "seed %d, value %d: expected %s within %s, got %s"
                            .formatted(SEED, k, expected[k], bound, actual[k]));
        }
    }

    @Test
    void onlyWideLayersOverTokensAreQuantized() {
        assertTrue(listing(network(IN, OUT)).contains("MatMulInteger"));
        assertTrue(!listing(network(IN, 64)).contains("MatMulInteger"));
        Network vectors = new Network(
                "of a vector",
                List.of(Network.Input.floats("x", "batch", "" + IN)),
                List.of(new NamedStage(
                        "", (scope, carry) -> new Carry(Map.of("y", scope.linear("layer", carry.get("x"), IN, OUT))))),
                List.of("y"));
        assertTrue(!listing(vectors).contains("MatMulInteger"));
    }

    @Test
    void queriesAndKeysStayFloat32() {
        Network attention = network(IN, (scope, x) -> scope.linear("to_q", x, IN, OUT)
                .plus(scope.linear("add_k_proj", x, IN, OUT))
                .plus(scope.linear("to_v", x, IN, OUT)));
        assertEquals(1, listing(attention).split("= MatMulInteger\\(", -1).length - 1);
        assertEquals(2, listing(attention).split("= MatMul\\(", -1).length - 1);
    }

    @Test
    void layersThatReadOneValueShareItsIntegers() {
        Network two =
                network(IN, (scope, x) -> scope.linear("first", x, IN, OUT).plus(scope.linear("second", x, IN, OUT)));
        assertEquals(2, listing(two).split("= DynamicQuantizeLinear\\(", -1).length);
    }

    private static String listing(Network network) {
        return OnnxExport.of(network, int8(Form.ORT)).listing();
    }

    private static float[] run(OnnxOptions options, float[] x, Weights weights) {
        return OnnxRunner.run(network(IN, OUT), options, Map.of("x", Array.of(x, 2, 3, IN)), weights)
                .get("y")
                .values();
    }

    private static float[] product(float[] x, float[] weight, float[] bias) {
        int tokens = x.length / IN;
        float[] y = new float[tokens * OUT];
        for (int token = 0; token < tokens; token++) {
            for (int o = 0; o < OUT; o++) {
                double sum = bias[o];
                for (int i = 0; i < IN; i++) {
                    sum += (double) x[token * IN + i] * weight[o * IN + i];
                }
                y[token * OUT + o] = (float) sum;
            }
        }
        return y;
    }

    private static float[] normal(Random random, int count, double std) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (std * random.nextGaussian());
        }
        return values;
    }

    private static double max(float[] values, int from, int to, int sign) {
        double max = 0;
        for (int i = from; i < to; i++) {
            max = Math.max(max, sign * values[i]);
        }
        return max;
    }
}
