package mixgrpo.tools.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import mixgrpo.trainer.pretrain.Progress.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingLogTest {

    @TempDir
    private Path folder;

    private final AtomicLong nanoTime = new AtomicLong(5);

    private TrainingLog after(int step) throws IOException {
        return TrainingLog.after(step, folder.resolve("log"), Part.POLICY, nanoTime::get);
    }

    /** Updates from one to another, each a second long, with the step as their loss. */
    private void train(TrainingLog log, int first, int last, int steps) throws IOException {
        for (int step = first; step <= last; step++) {
            nanoTime.addAndGet(1_000_000_000);
            log.add(step, steps, step);
        }
    }

    private Optional<TrainingLog.Line> last(Part part) throws IOException {
        return TrainingLog.last(folder.resolve("log"), part);
    }

    @Test
    void aLineIsTheMeanSinceTheOneBefore() throws IOException {
        assertEquals(Optional.empty(), last(Part.POLICY));
        train(after(0), 1, 120, 120);
        // 101 to 120, after 120 seconds.
        assertEquals(Optional.of(new TrainingLog.Line(Part.POLICY, 120, 110.5, 120)), last(Part.POLICY));
        assertEquals(Optional.empty(), last(Part.AUTOENCODER));
        assertEquals(3, Files.readAllLines(folder.resolve("log")).size());
    }

    @Test
    void updatesThatAreMadeAgainAreNotCountedTwice() throws IOException {
        Files.writeString(
                folder.resolve("log"), "{\"training\":\"AUTOENCODER\",\"step\":600,\"loss\":0.1,\"seconds\":300.0}\n");
        train(after(0), 1, 170, 300);
        nanoTime.addAndGet(7_000_000_000_000L); // killed, and started again much later
        train(after(100), 101, 300, 300);
        assertEquals(300, last(Part.POLICY).orElseThrow().seconds(), 1e-9);
        assertEquals(300, last(Part.AUTOENCODER).orElseThrow().seconds());
        assertEquals(7, Files.readAllLines(folder.resolve("log")).size());
    }

    @Test
    void onlyALastLineMayBeCutOff() throws IOException {
        train(after(0), 1, 50, 300);
        Files.writeString(folder.resolve("log"), "{\"training\":\"POL", StandardOpenOption.APPEND);
        assertEquals(50, last(Part.POLICY).orElseThrow().step());
        train(after(50), 51, 100, 300);
        assertEquals(100, last(Part.POLICY).orElseThrow().step());

        Files.writeString(folder.resolve("log"), "nonsense\n{}\n");
        String message =
                assertThrows(IOException.class, () -> last(Part.POLICY)).getMessage();
        assertTrue(message.contains("log, line 1: "), message);
    }
}
