package mixgrpo.trainer.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mixgrpo.models.Array;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.Weights;
import mixgrpo.trainer.config.CheckpointConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {

    @TempDir
    private Path folder;

    private Checkpoints checkpoints(int keep) {
        return new Checkpoints(folder.resolve("checkpoints"), new CheckpointConfig(10, keep));
    }

    private static Map<String, Weights> state(float value) {
        return Map.of(
                "policy", new ArrayWeights(Map.of("a.weight", Array.of(new float[] {value, 2, 3, 4}, 2, 2))),
                "optimizer", new ArrayWeights(Map.of("steps", Array.of(new float[] {7}, 1))));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("checkpoints"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void theNewestComesBackGroupByGroup() throws IOException {
        Checkpoints checkpoints = checkpoints(2);
        assertEquals(Optional.empty(), checkpoints.newest());
        checkpoints.save(10, state(1));
        checkpoints.save(20, state(Float.MIN_VALUE));
        assertEquals(Optional.of(20), checkpoints.newest());
        assertEquals(20, checkpoints.restoreNewest(saved -> {
            Weights policy = WeightGroups.group(saved, "policy");
            assertEquals(List.of("a.weight"), List.copyOf(policy.shapes().keySet()));
            assertArrayEquals(new float[] {Float.MIN_VALUE, 2, 3, 4}, policy.floats("a.weight"));
            assertArrayEquals(
                    new float[] {7}, WeightGroups.group(saved, "optimizer").floats("steps"));
            assertTrue(WeightGroups.group(saved, "ema").shapes().isEmpty());
        }));
    }

    @Test
    void onlyTheNewestStayAndNumbersSortAsNumbers() throws IOException {
        Checkpoints checkpoints = checkpoints(2);
        for (int done : new int[] {999_999, 1_000_000, 1_000_010}) {
            checkpoints.save(done, state(1));
        }
        assertEquals(List.of("iteration-1000000.safetensors", "iteration-1000010.safetensors"), files());
        assertEquals(Optional.of(1_000_010), checkpoints.newest());
        assertTrue(checkpoints.isDue(30) && !checkpoints.isDue(31));
    }

    @Test
    void aBrokenOneIsNamedWithWhatToDo() throws IOException {
        Checkpoints checkpoints = checkpoints(2);
        checkpoints.save(10, state(1));
        Path file = folder.resolve("checkpoints/iteration-000010.safetensors");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 6));
        String message = failure(checkpoints);
        assertTrue(message.contains(file.toString()), message);
        assertTrue(message.endsWith("without this file the run begins anew"), message);
        checkpoints.save(20, state(2));
        Files.write(folder.resolve("checkpoints/iteration-000020.safetensors"), new byte[] {1, 2, 3});
        message = failure(checkpoints);
        assertTrue(message.endsWith("without this file the run goes on from the checkpoint before it"), message);
    }

    @Test
    void anotherVersionAndAnotherModelAreRefused() throws IOException {
        Checkpoints checkpoints = checkpoints(2);
        checkpoints.save(10, state(1));
        String message = assertThrows(
                        IOException.class,
                        () -> checkpoints.restoreNewest(saved -> {
                            throw new IllegalArgumentException("parameter 'b' is missing");
                        }))
                .getMessage();
        assertTrue(message.contains("does not fit this run: parameter 'b' is missing"), message);
        SafetensorsWriter.write(
                folder.resolve("checkpoints/iteration-000020.safetensors"),
                new WeightGroups(state(1)),
                Dtype.F32,
                Map.of("format_version", "0"));
        assertTrue(failure(checkpoints).contains("expected format_version 1, got 0"));
    }

    private static String failure(Checkpoints checkpoints) {
        return assertThrows(IOException.class, () -> checkpoints.restoreNewest(saved -> {}))
                .getMessage();
    }

    @Test
    void withoutAnyThereIsNothingToRestore() {
        assertTrue(failure(checkpoints(1)).contains("holds no checkpoint"));
    }

    @Test
    void aSaveThatFailsLeavesWhatWasThere() throws IOException {
        Checkpoints checkpoints = checkpoints(1);
        checkpoints.save(10, state(1));
        Weights broken = new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return Map.of("a", new long[] {1});
            }

            @Override
            public void read(String key, FloatBuffer target) {
                throw new IllegalStateException("gone");
            }
        };
        assertThrows(IllegalStateException.class, () -> checkpoints.save(20, Map.of("policy", broken)));
        assertEquals(List.of("iteration-000010.safetensors"), files());
    }
}
