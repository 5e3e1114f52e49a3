package mixgrpo.trainer.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.models.Inventory;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.weights.Weights;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped networks, trained for two updates on a few pictures. */
@Tag("slow")
class ScenesPretrainingTest {

    private static final PretrainConfig CONFIG = new PretrainConfig(
            5, 16, new PretrainConfig.Stage(6, 2, 2, 1e-3, 1), new PretrainConfig.Stage(6, 2, 2, 1e-3, 1));

    @TempDir
    private Path folder;

    /** Ends the work when it has been asked so many times whether to go on. */
    private static final class Steps implements Progress {
        private final int limit;
        private int asked;
        private final List<String> seen = new ArrayList<>();

        Steps(int limit) {
            this.limit = limit;
        }

        @Override
        public void updated(Part part, int step, int steps, double loss, Weights averaged) {
            assertTrue(loss > 0);
            seen.add("%s %d of %d".formatted(part, step, steps));
        }

        @Override
        public void encoded(int pictures, int all) {
            seen.add("encoded %d of %d".formatted(pictures, all));
        }

        @Override
        public boolean stops() {
            return ++asked == limit;
        }
    }

    private ScenesPretraining pretraining(String work, Progress progress) {
        return new ScenesPretraining(CONFIG, folder.resolve(work), progress);
    }

    @Test
    void aStoppedTrainingEndsLikeOneThatWasNot() throws IOException, InterruptedException {
        Steps all = new Steps(Integer.MAX_VALUE);
        ScenesPretraining.Autoencoder expected = pretraining("whole", all).autoencoder();
        Weights expectedPolicy = pretraining("whole", all).policy();
        assertEquals(
                List.of("AUTOENCODER 1 of 2", "AUTOENCODER 2 of 2", "encoded 6 of 6", "POLICY 1 of 2", "POLICY 2 of 2"),
                all.seen);

        assertThrows(InterruptedException.class, () -> pretraining("cut", new Steps(1))
                .autoencoder());
        Steps rest = new Steps(Integer.MAX_VALUE);
        ScenesPretraining.Autoencoder resumed = pretraining("cut", rest).autoencoder();
        assertThrows(InterruptedException.class, () -> pretraining("cut", new Steps(1))
                .policy());
        Weights resumedPolicy = pretraining("cut", rest).policy();
        assertEquals(List.of("AUTOENCODER 2 of 2", "encoded 6 of 6", "POLICY 2 of 2"), rest.seen);

        assertEquals(expected.config(), resumed.config());
        assertSame(expected.weights(), resumed.weights());
        assertSame(expectedPolicy, resumedPolicy);
        for (String file : List.of("autoencoder.safetensors", "latents.safetensors", "policy.safetensors")) {
            assertArrayEquals(
                    Files.readAllBytes(folder.resolve("whole").resolve(file)),
                    Files.readAllBytes(folder.resolve("cut").resolve(file)),
                    file);
        }
        assertEquals(
                Inventory.parameters(FluxTransformer.of(ScenesPretraining.POLICY))
                        .keySet(),
                expectedPolicy.shapes().keySet());
    }

    private static void assertSame(Weights expected, Weights actual) {
        assertEquals(expected.shapes().keySet(), actual.shapes().keySet());
        for (String key : expected.shapes().keySet()) {
            assertArrayEquals(expected.floats(key), actual.floats(key), key);
        }
    }
}
