package mixgrpo.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.weights.SafetensorsTest.ArrayWeights;
import org.junit.jupiter.api.Test;

class WeightsCheckTest {

    private final ArrayWeights weights = ArrayWeights.random(11);

    @Test
    void weightsOfTheNetworkPass() {
        WeightsCheck.same(new LinkedHashMap<>(weights.shapes()), weights, "here");
        WeightsCheck.finite(weights, "here");
        assertEquals(Map.of(), WeightsCheck.notFinite(weights));
    }

    @Test
    void missingUnexpectedAndMisshapenKeysAreReportedTogether() {
        Map<String, long[]> expected = new LinkedHashMap<>(weights.shapes());
        expected.remove("scale");
        expected.put("norm.weight", new long[] {8});
        expected.put("norm.bias", new long[] {7});
        String message = assertThrows(
                        IllegalArgumentException.class, () -> WeightsCheck.same(expected, weights, "model.safetensors"))
                .getMessage();
        assertTrue(message.startsWith("model.safetensors does not fit"), message);
        assertTrue(message.contains("3 problems"), message);
        assertTrue(message.contains("missing 'norm.bias' [7]"), message);
        assertTrue(message.contains("'norm.weight': expected shape [8], got [7]"), message);
        assertTrue(message.contains("unexpected 'scale' []"), message);
    }

    @Test
    void aWrongModelIsReportedInOneScreen() {
        Map<String, long[]> expected = new LinkedHashMap<>();
        for (int i = 0; i < 1000; i++) {
            expected.put("blocks." + i, new long[] {1});
        }
        String message = assertThrows(
                        IllegalArgumentException.class, () -> WeightsCheck.same(expected, weights, "model.safetensors"))
                .getMessage();
        assertTrue(message.contains("1006 problems") && message.endsWith("and 986 more"), message);
        assertEquals(22, message.lines().count());
    }

    @Test
    void valuesThatAreNoNumbersAreCountedByKey() {
        weights.values().get("proj.weight")[70_000] = Float.NaN; // behind the first piece
        weights.values().get("proj.weight")[5] = Float.NEGATIVE_INFINITY;
        weights.values().get("proj.weight")[6] = Float.POSITIVE_INFINITY;
        weights.values().get("scale")[0] = Float.NaN;
        assertEquals(
                Map.of("proj.weight", new WeightsCheck.NotFinite(1, 2), "scale", new WeightsCheck.NotFinite(1, 0)),
                WeightsCheck.notFinite(weights));
        String message = assertThrows(IllegalArgumentException.class, () -> WeightsCheck.finite(weights, "file"))
                .getMessage();
        assertTrue(message.contains("'proj.weight': 1 NaN, 2 infinite"), message);
    }
}
