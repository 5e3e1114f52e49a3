package mixgrpo.models.lora;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.Array;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Test;

class LoraTest {

    private static final long SEED = 77;

    private static Array random(Random random, long... shape) {
        float[] values = new float[(int) (shape[0] * shape[1])];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Array.of(values, shape);
    }

    private static LoraFactors factors(Random random, int out, int in, int rank, double scale) {
        return new LoraFactors(random(random, rank, in), random(random, out, rank), scale);
    }

    /** {@code W + scale * B A} in doubles. */
    private static double[] sum(float[] weight, List<LoraFactors> parts) {
        double[] sum = new double[weight.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = weight[i];
            for (LoraFactors part : parts) {
                int row = i / part.in();
                int column = i % part.in();
                for (int r = 0; r < part.rank(); r++) {
                    sum[i] += part.scale()
                            * part.b().values()[row * part.rank() + r]
                            * part.a().values()[r * part.in() + column];
                }
            }
        }
        return sum;
    }

    private static void assertClose(double[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], 1e-5 * Math.max(1, Math.abs(expected[i])), "element " + i);
        }
    }

    @Test
    void mergingAddsTheScaledProduct() {
        Random random = new Random(SEED);
        LoraFactors factors = factors(random, 5, 7, 3, .25);
        Array weight = random(random, 5, 7);
        Weights base = new ArrayWeights(Map.of("a.to_q.weight", weight, "a.to_q.bias", Array.of(new float[5], 5)));
        Lora lora = new Lora(Map.of("a.to_q", factors));
        MergedWeights merged = MergedWeights.of(base, lora, "test");
        assertEquals(base.shapes().keySet(), merged.shapes().keySet());
        assertClose(sum(weight.values(), List.of(factors)), merged.floats("a.to_q.weight"));
        assertArrayEquals(new float[5], merged.floats("a.to_q.bias"));
        MergedWeights none = MergedWeights.of(base, lora.times(0), "test");
        assertArrayEquals(weight.values(), none.floats("a.to_q.weight"));
    }

    @Test
    void severalAdaptersAddUpWithTheirWeights() {
        Random random = new Random(SEED);
        LoraFactors one = factors(random, 5, 7, 3, .5);
        LoraFactors two = factors(random, 5, 7, 2, 2);
        LoraFactors alone = factors(random, 4, 4, 1, 1);
        Map<String, LoraFactors> second = new LinkedHashMap<>();
        second.put("shared", two);
        second.put("alone", alone);
        Lora combined = Lora.combined(List.of(
                new Lora.Weighted(new Lora(Map.of("shared", one)), .7), new Lora.Weighted(new Lora(second), -.3)));
        assertEquals(5, combined.modules().get("shared").rank());
        float[] weight = random(random, 5, 7).values();
        double[] expected = sum(weight, List.of(one.times(.7), two.times(-.3)));
        combined.modules().get("shared").addTo(weight);
        assertClose(expected, weight);
        assertEquals(-.3, combined.modules().get("alone").scale());
        Lora other = new Lora(Map.of("shared", factors(random, 5, 8, 3, 1)));
        assertThrows(
                IllegalArgumentException.class,
                () -> Lora.combined(List.of(new Lora.Weighted(combined, 1), new Lora.Weighted(other, 1))));
    }

    @Test
    void anyScaleCanStandForTheSameProduct() {
        Random random = new Random(SEED);
        LoraFactors factors = factors(random, 5, 7, 3, .25);
        Lora lora = new Lora(Map.of("to_q", factors));
        for (double scale : new double[] {1, .25, 16}) {
            Lora again = Lora.of(lora.parameters(scale), scale);
            float[] weight = new float[35];
            again.modules().get("to_q").addTo(weight);
            assertClose(sum(new float[35], List.of(factors)), weight);
        }
    }

    @Test
    void anotherBaseModelIsRecognisedByAllItsShapes() {
        Random random = new Random(SEED);
        Map<String, LoraFactors> modules = new LinkedHashMap<>();
        modules.put("fits", factors(random, 5, 7, 3, 1));
        modules.put("wide", factors(random, 5, 8, 3, 1));
        modules.put("absent", factors(random, 5, 7, 3, 1));
        Map<String, long[]> network = Map.of("fits.weight", new long[] {5, 7}, "wide.weight", new long[] {5, 7});
        String message = assertThrows(
                        IllegalArgumentException.class, () -> new Lora(modules).check(network, "my.safetensors"))
                .getMessage();
        assertTrue(message.startsWith("my.safetensors does not fit the network"), message);
        assertTrue(message.contains("2 problems"), message);
        assertTrue(message.contains("'wide': expected an adapter for [5, 7], got one for [5, 8]"), message);
        assertTrue(message.contains("'absent': the network has no such layer"), message);
    }

    @Test
    void halvesMustBelongTogether() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new LoraFactors(Array.of(new float[6], 2, 3), Array.of(new float[12], 4, 3), 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> new LoraFactors(Array.of(new float[6], 2, 3), Array.of(new float[8], 4, 2), Double.NaN));
        Weights half = new ArrayWeights(Map.of("to_q" + Lora.A, Array.of(new float[6], 2, 3)));
        assertThrows(IllegalArgumentException.class, () -> Lora.of(half, 1));
        assertThrows(IllegalArgumentException.class, () -> new Lora(Map.of()));
    }
}
