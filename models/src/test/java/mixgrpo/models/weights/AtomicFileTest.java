package mixgrpo.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

    @TempDir
    private Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFileIsReplacedWhole() throws IOException {
        Path file = folder.resolve("a");
        AtomicFile.write(file, new byte[] {1, 2, 3});
        AtomicFile.write(file, new byte[] {4});
        assertArrayEquals(new byte[] {4}, Files.readAllBytes(file));
        assertEquals(List.of("a"), names());
    }

    @Test
    void itsNameMayFollowFromItsContent() throws IOException {
        AtomicFile.write(folder, "model", channel -> {
            AtomicFile.writeFully(channel, ByteBuffer.wrap(new byte[3]));
            return "model." + channel.position();
        });
        assertEquals(List.of("model.3"), names());
    }

    @Test
    void whatKilledProcessesLeftIsDeletedAndNothingElse() throws IOException {
        for (String name : List.of(".a.safetensors.12-3456.tmp", ".a.tmp", "a.12-3456.tmp", ".lock", "a")) {
            Files.createFile(folder.resolve(name));
        }
        Path below = Files.createDirectories(folder.resolve("a b/c"));
        Files.createFile(below.resolve(".b.1-2.tmp"));
        AtomicFile.deleteLeftovers(folder);
        assertFalse(Files.exists(below.resolve(".b.1-2.tmp")));
        Files.delete(below);
        Files.delete(below.getParent());
        assertEquals(List.of(".a.tmp", ".lock", "a", "a.12-3456.tmp"), names());
    }

    @Test
    void aFileThatCannotBeWrittenLeavesWhatWasThere() throws IOException {
        Path file = Files.write(folder.resolve("a"), new byte[] {9});
        IOException failed = assertThrows(
                IOException.class,
                () -> AtomicFile.write(file, channel -> {
                    AtomicFile.writeFully(channel, ByteBuffer.wrap(new byte[3]));
                    throw new IOException("No space left on device");
                }));
        assertEquals("cannot write %s: No space left on device".formatted(file), failed.getMessage());
        assertArrayEquals(new byte[] {9}, Files.readAllBytes(file));
        assertEquals(List.of("a"), names());
        assertTrue(assertThrows(IOException.class, () -> AtomicFile.write(folder.resolve("none/a"), new byte[1]))
                .getMessage()
                .endsWith("none/a: its folder does not exist"));
    }
}
