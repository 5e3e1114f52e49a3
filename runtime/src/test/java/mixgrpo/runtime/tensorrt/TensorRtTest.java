package mixgrpo.runtime.tensorrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.engine.EngineUnavailableException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorRtTest {

    @TempDir
    private Path folder;

    private static int place(String library) {
        return TensorRt.ORDER.stream()
                .filter(name -> name.endsWith("/" + library))
                .mapToInt(TensorRt.ORDER::indexOf)
                .findFirst()
                .orElseThrow();
    }

    /** What {@code readelf -d} lists as needed, without the driver and the system's own. */
    @Test
    void everyLibraryComesAfterThoseThatItNeeds() {
        String[][] needs = {
            {"libjnicudart.so", "libcudart.so.13"},
            {"libjninvinfer.so", "libnvinfer.so.11"},
            {"libjninvinfer.so", "libcudart.so.13"},
            {"libnvonnxparser.so.11", "libnvinfer.so.11"},
            {"libjninvonnxparser.so", "libnvonnxparser.so.11"},
            {"libnvrtc.so.13", "libnvrtc-builtins.so.13.3"},
            {"libnvinfer.so.11", "libnvrtc.so.13"}
        };
        for (String[] pair : needs) {
            assertTrue(place(pair[1]) < place(pair[0]), String.join(" needs ", pair));
        }
        assertEquals(0, place("libjnijavacpp.so"));
    }

    @Test
    void theVersionIsThatOfTheBinding() {
        assertTrue(TensorRt.version().matches("11\\.[0-9.]+-[0-9.]+"), TensorRt.version());
    }

    @Test
    void whereTensorRtDoesNotStartTheReasonIsTheSameEveryTime() {
        Optional<String> reason = TensorRt.failure(0);
        Assumptions.assumeTrue(reason.isPresent(), "TensorRT starts here");
        assertEquals(reason, TensorRt.failure(0), "the JVM's own second error would name a class, not a library");
        boolean built = TensorRt.class.getClassLoader().getResource(TensorRt.LIBRARY) != null;
        String expected = built ? "libcuda.so.1" : "MIXGRPO_PROFILE=tensorrt";
        assertTrue(reason.get().contains(expected) || reason.get().startsWith("CUDA finds no GPU"), reason.get());
    }

    @Test
    void anEngineIsRefusedBeforeAnythingIsWritten() {
        Optional<String> reason = TensorRt.failure(0);
        Assumptions.assumeTrue(reason.isPresent(), "TensorRT starts here");
        Plans plans = Plans.of(
                new EngineCache(folder.resolve("cache")),
                PlanOptions.DEFAULT,
                Optional.empty(),
                new Plans.Machine(TensorRt.version(), "GPU 0", "", 0),
                text -> {});
        EngineUnavailableException refused = assertThrows(
                EngineUnavailableException.class,
                () -> new TensorRtEngine(TestGraph.graph(), TestGraph.weights(1), plans));
        assertTrue(refused.getMessage().contains(reason.get()), refused.getMessage());
        assertThrows(EngineUnavailableException.class, () -> PlanInspection.layers(folder.resolve("engine.plan"), 0));
        assertFalse(Files.exists(folder.resolve("cache")));
    }
}
