package mixgrpo.trainer.torchscript;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Test;

class MergedWeightsTest {

    private static final long SEED = 31;
    private static final LoraConfig LORA = new LoraConfig(3, 6, List.of("attn.to_q", "ff.net.2", "proj_out"));
    private static final Network NETWORK =
            FluxTransformer.of(new FluxConfig(4, 4, 1, 1, 8, 2, 6, 5, false, List.of(2, 4, 2)));

    private static Map<String, Array> random(Map<String, long[]> shapes, Random random) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        shapes.forEach((key, shape) -> {
            float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (.3 * random.nextGaussian());
            }
            arrays.put(key, new Array(shape, values));
        });
        return arrays;
    }

    @Test
    void mergedWeightsComputeWhatTheAdaptersDo() {
        ScriptOptions options = new ScriptOptions(Precision.FP32, false, Optional.of(LORA));
        Random random = new Random(SEED);
        ArrayWeights all = new ArrayWeights(random(TrainableNetwork.parameterShapes(NETWORK, options), random));
        Weights merged = MergedWeights.ofParameters(all, LORA.scale());
        assertEquals(Inventory.parameters(NETWORK).keySet(), merged.shapes().keySet());
        Map<String, long[]> inputShapes = Map.of(
                "hidden_states", new long[] {2, 4, 4},
                "encoder_hidden_states", new long[] {2, 3, 6},
                "pooled_projections", new long[] {2, 5},
                "timestep_proj", new long[] {2, 256},
                "rotary_cos", new long[] {7, 8},
                "rotary_sin", new long[] {7, 8});
        Map<String, Array> inputs = random(inputShapes, random);
        try (TrainableNetwork adapted = new TrainableNetwork(NETWORK, all, options);
                TrainableNetwork plain = new TrainableNetwork(NETWORK, merged, ScriptOptions.plain());
                TrainableNetwork base = new TrainableNetwork(NETWORK, all, ScriptOptions.plain())) {
            float[] expected = adapted.infer(inputs).get("velocity").values();
            assertArrayEquals(expected, plain.infer(inputs).get("velocity").values(), 1e-5f);
            float[] without = base.infer(inputs).get("velocity").values();
            assertTrue(Math.abs(expected[0] - without[0]) > 1e-3, "adapters without effect, seed " + SEED);
        }
    }

    @Test
    void whatHasNoAdapterStaysAsItIs() {
        ScriptOptions options = new ScriptOptions(Precision.FP32, false, Optional.of(LORA));
        ArrayWeights all =
                new ArrayWeights(random(TrainableNetwork.parameterShapes(NETWORK, options), new Random(SEED)));
        Weights merged = MergedWeights.ofParameters(all, LORA.scale());
        for (String key : List.of("x_embedder.weight", "proj_out.bias", "transformer_blocks.0.attn.norm_q.weight")) {
            assertArrayEquals(all.floats(key), merged.floats(key), key);
        }
        float[] w = all.floats("proj_out.weight");
        float[] a = all.floats("proj_out.lora_A.weight");
        float[] b = all.floats("proj_out.lora_B.weight");
        int in = a.length / 3;
        double last = w[w.length - 1];
        for (int r = 0; r < 3; r++) {
            last += 6. / 3 * b[b.length - 3 + r] * a[r * in + in - 1];
        }
        assertEquals(last, merged.floats("proj_out.weight")[w.length - 1], 1e-6);
    }
}
