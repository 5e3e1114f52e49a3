package mixgrpo.runtime.tensorrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredWeightsTest {

    private static final Map<String, PlanGraph.Stored> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put("a", new PlanGraph.Stored(Dtype.F32, new long[] {2, 3}));
        KINDS.put("b", new PlanGraph.Stored(Dtype.F16, new long[] {4}));
        KINDS.put("c", new PlanGraph.Stored(Dtype.BF16, new long[] {2}));
    }

    @TempDir
    private Path folder;

    private record Values(Map<String, float[]> values) implements Weights {
        @Override
        public Map<String, long[]> shapes() {
            Map<String, long[]> shapes = new LinkedHashMap<>();
            KINDS.forEach((key, kind) -> shapes.put(key, kind.shape()));
            return shapes;
        }

        @Override
        public void read(String key, FloatBuffer target) {
            target.put(values.get(key));
        }
    }

    private static Values values(float first, float last) {
        return new Values(Map.of(
                "a", new float[] {1, 2, 3, 4, 5, last},
                "b", new float[] {first, 2, 3, 4},
                "c", new float[] {1, 2}));
    }

    @Test
    void onlyKeysWhoseStoredValuesChangedAreNamed() throws IOException {
        try (StoredWeights weights = new StoredWeights(folder, KINDS, values(1, 6))) {
            assertEquals(Set.of(), weights.replace(values(1, 6)));
            assertEquals(Set.of("a"), weights.replace(values(1, 7)));
            assertEquals(Set.of(), weights.replace(values(1.0001f, 7)), "half precision holds no such difference");
            assertEquals(Set.of("a", "b"), weights.replace(values(1.001f, 8)));
            assertEquals(8, weights.values("a").getFloat(5 * Float.BYTES));
            assertEquals(0x3c01, weights.values("b").getShort(0));
        }
    }

    @Test
    void theFileHoldsWhatTheMemoryHoldsAndGoesInTheEnd() throws IOException {
        StoredWeights weights = new StoredWeights(folder, KINDS, values(1, 6));
        weights.replace(values(2, 9));
        for (String key : weights.keys()) {
            byte[] read = new byte[(int) weights.kind(key).bytes()];
            try (RandomAccessFile file = new RandomAccessFile(weights.file().toFile(), "r")) {
                file.seek(weights.offsets().get(key));
                file.readFully(read);
            }
            byte[] held = new byte[read.length];
            weights.values(key).get(held);
            assertArrayEquals(held, read, key);
        }
        weights.close();
        assertFalse(Files.exists(weights.file()));
    }

    @Test
    void valuesThatDoNotFitAreRefusedAndLeaveNoFile() throws IOException {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> new StoredWeights(folder, KINDS, values(1e6f, 6)));
        assertTrue(refused.getMessage().contains("'b'"), refused.getMessage());
        try (var files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }
}
