package mixgrpo.trainer.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.models.weights.Weights;
import mixgrpo.trainer.torchscript.Precision;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pretraining of three updates of each network on a handful of pictures. */
@Tag("slow")
class ScenesPretrainingTest {

    private static final PretrainConfig CONFIG = new PretrainConfig(
            1,
            16,
            Precision.BF16,
            new PretrainConfig.Stage(6, 3, 2, 1e-3, 1),
            new PretrainConfig.Stage(6, 3, 2, 1e-3, 1));

    @TempDir
    private Path folder;

    /** Remembers what it is told, and stops after one update of a part if it is told so. */
    private static final class Told implements Progress {
        final List<String> all = new ArrayList<>();
        final Part stopsAfterOneOf;
        boolean inPart;

        Told(Part stopsAfterOneOf) {
            this.stopsAfterOneOf = stopsAfterOneOf;
        }

        @Override
        public void updated(Part part, int step, int steps, double loss, Weights averaged) {
            assertTrue(averaged.shapes().size() > 50 && Double.isFinite(loss));
            all.add(part + " " + step + "/" + steps);
        }

        @Override
        public void encoded(int pictures, int all) {
            this.all.add("LATENTS " + pictures + "/" + all);
            inPart = stopsAfterOneOf == Part.POLICY;
        }

        @Override
        public boolean stops() {
            return stopsAfterOneOf == Part.AUTOENCODER
                    || inPart && all.get(all.size() - 1).startsWith("POLICY");
        }
    }

    private record Made(ScenesPretraining.Autoencoder autoencoder, Weights policy) {}

    private static Made make(Path work, Progress progress) throws IOException, InterruptedException {
        ScenesPretraining pretraining = new ScenesPretraining(CONFIG, work, progress);
        return new Made(pretraining.autoencoder(), pretraining.policy());
    }

    private static void assertSame(Weights expected, Weights actual) {
        assertEquals(expected.shapes().keySet(), actual.shapes().keySet());
        for (String key : expected.shapes().keySet()) {
            assertArrayEquals(expected.floats(key), actual.floats(key), key);
        }
    }

    @Test
    void whatWasStoppedAndGoesOnEndsWithTheSameWeights() throws Exception {
        Told told = new Told(null);
        Made whole = make(folder.resolve("whole"), told);
        assertEquals(
                List.of(
                        "AUTOENCODER 1/3",
                        "AUTOENCODER 2/3",
                        "AUTOENCODER 3/3",
                        "LATENTS 6/6",
                        "POLICY 1/3",
                        "POLICY 2/3",
                        "POLICY 3/3"),
                told.all);

        Path parts = folder.resolve("parts");
        assertThrows(InterruptedException.class, () -> make(parts, new Told(Progress.Part.AUTOENCODER)));
        assertThrows(InterruptedException.class, () -> make(parts, new Told(Progress.Part.POLICY)));
        Told rest = new Told(null);
        Made again = make(parts, rest);
        assertEquals("POLICY 3/3", rest.all.get(rest.all.size() - 1));
        assertTrue(rest.all.size() < told.all.size(), rest.all::toString);
        assertEquals(whole.autoencoder().config(), again.autoencoder().config());
        assertSame(whole.autoencoder().weights(), again.autoencoder().weights());
        assertSame(whole.policy(), again.policy());
    }

    @Test
    void whatIsDoneIsReadAndNotMadeAgain() throws Exception {
        Made first = make(folder, new Told(null));
        Told told = new Told(null);
        Made second = make(folder, told);
        assertEquals(List.of(), told.all);
        assertSame(first.policy(), second.policy());
        assertSame(first.autoencoder().weights(), second.autoencoder().weights());
    }

    @Test
    void latentsOfAnotherNumberOfPicturesAndForeignCheckpointsAreRefused() throws Exception {
        make(folder, new Told(null));
        PretrainConfig more = new PretrainConfig(
                CONFIG.seed(),
                CONFIG.textLength(),
                CONFIG.precision(),
                CONFIG.autoencoder(),
                new PretrainConfig.Stage(8, 9, 2, 1e-3, 1));
        String message = assertThrows(
                        IOException.class, () -> new ScenesPretraining(more, folder, new Told(null)).policy())
                .getMessage();
        assertTrue(message.contains("expected latents of 8 pictures, got 6"), message);
        Files.copy(folder.resolve("latents.safetensors"), folder.resolve("other.safetensors"));
        Files.move(
                folder.resolve("other.safetensors"),
                folder.resolve("policy.safetensors"),
                StandardCopyOption.REPLACE_EXISTING);
        message = assertThrows(IOException.class, () -> make(folder, new Told(null)))
                .getMessage();
        assertTrue(message.contains("no checkpoint of a training"), message);
    }
}
