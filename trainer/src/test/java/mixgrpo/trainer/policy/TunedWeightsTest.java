package mixgrpo.trainer.policy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Set;
import mixgrpo.models.Array;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.trainer.checkpoint.WeightGroups;
import mixgrpo.trainer.config.PolicyConfig;
import mixgrpo.trainer.torchscript.LoraConfig;
import mixgrpo.trainer.torchscript.Precision;
import org.junit.jupiter.api.Test;

class TunedWeightsTest {

    private static final ArrayWeights BASE = new ArrayWeights(
            Map.of("a.weight", Array.of(new float[] {1, 2, 3, 4}, 2, 2), "b.bias", Array.of(new float[] {5}, 1)));

    private static PolicyConfig train(PolicyConfig.Mode mode) {
        return new PolicyConfig(mode, new LoraConfig(1, 2, List.of("a")), Precision.FP32, false, 1);
    }

    private static ArrayWeights of(String key, float... values) {
        return new ArrayWeights(Map.of(key, Array.of(values, values.length / 2, 2)));
    }

    @Test
    void theAverageIsPreferredAndWhatIsNotTrainedIsTheBases() {
        ArrayWeights trained = of("a.weight", 0, 0, 0, 0);
        ArrayWeights average = of("a.weight", 9, 8, 7, 6);
        Weights with = new WeightGroups(Map.of("policy", trained, "ema", average));
        Weights without = new WeightGroups(Map.of("policy", trained));
        PolicyConfig full = train(PolicyConfig.Mode.FULL);
        Weights tuned = TunedWeights.ofCheckpoint(with, BASE, full);
        assertEquals(Set.of("a.weight", "b.bias"), tuned.shapes().keySet());
        assertArrayEquals(new float[] {9, 8, 7, 6}, tuned.floats("a.weight"));
        assertArrayEquals(new float[] {5}, tuned.floats("b.bias"));
        assertArrayEquals(
                new float[4], TunedWeights.ofCheckpoint(without, BASE, full).floats("a.weight"));
    }

    @Test
    void adaptersLieBesideTheBaseUntilTheyAreMerged() {
        ArrayWeights adapters = new ArrayWeights(Map.of(
                "a.lora_A.weight", Array.of(new float[] {1, 10}, 1, 2),
                "a.lora_B.weight", Array.of(new float[] {1, -1}, 2, 1)));
        PolicyConfig lora = train(PolicyConfig.Mode.LORA);
        Weights tuned = TunedWeights.ofCheckpoint(new WeightGroups(Map.of("policy", adapters)), BASE, lora);
        assertEquals(
                Set.of("a.weight", "b.bias", "a.lora_A.weight", "a.lora_B.weight"),
                tuned.shapes().keySet());
        assertArrayEquals(BASE.floats("a.weight"), tuned.floats("a.weight"));
        assertArrayEquals(new float[] {1, 10}, tuned.floats("a.lora_A.weight"));
        assertArrayEquals(new float[] {2, -2}, tuned.floats("a.lora_B.weight")); // alpha / rank is 2
        Weights merged = TunedWeights.merged(BASE, adapters, lora);
        assertEquals(Set.of("a.weight", "b.bias"), merged.shapes().keySet());
        // W + 2 B A
        assertArrayEquals(new float[] {1 + 2, 2 + 20, 3 - 2, 4 - 20}, merged.floats("a.weight"));
    }
}
