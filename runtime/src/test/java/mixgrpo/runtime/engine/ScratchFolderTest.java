package mixgrpo.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.runtime.process.JavaProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ScratchFolderTest {

    @TempDir
    private Path cache;

    private long files() throws IOException {
        try (Stream<Path> all = Files.list(cache)) {
            return all.count();
        }
    }

    @Test
    void itEndsWithItsOwnerWhateverIsInIt() throws IOException {
        ScratchFolder scratch = ScratchFolder.in(cache);
        Files.writeString(
                Files.createDirectories(scratch.path().resolve("inner")).resolve("file"), "text");
        try (ScratchFolder other = ScratchFolder.in(cache)) {
            assertNotEquals(scratch.path(), other.path());
            assertTrue(Files.exists(scratch.path().resolve("inner/file")), "this process's own stays");
        }
        scratch.close();
        assertEquals(0, files());
    }

    @Test
    void itsOwnerMayMoveItAway() throws IOException {
        Path moved = cache.resolve("entry");
        try (ScratchFolder scratch = ScratchFolder.in(cache)) {
            Files.move(scratch.path(), moved);
        }
        assertTrue(Files.isDirectory(moved));
        assertEquals(1, files());
    }

    @Test
    @Timeout(60)
    void whatAKilledProcessLeftIsDeletedAndALivingOnesStays() throws Exception {
        Process process =
                JavaProcess.of(ScratchHolder.class, List.of(cache.toString())).start();
        try {
            Path theirs = Path.of(process.inputReader(StandardCharsets.UTF_8).readLine());
            ScratchFolder.in(cache).close();
            assertTrue(Files.exists(theirs.resolve("engine.plan")), "its process is at work");
            process.destroyForcibly().waitFor();
            assertTrue(Files.exists(theirs.resolve("engine.plan")), "it was killed before it could delete it");
            try (ScratchFolder ours = ScratchFolder.in(cache)) {
                assertFalse(Files.exists(theirs));
                assertEquals(2, files(), "our folder and its lock: " + ours.path());
            }
        } finally {
            process.destroyForcibly();
        }
    }
}
