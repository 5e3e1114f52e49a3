package mixgrpo.tools.bundle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartsTest {

    private static final int BYTES = 200_000;

    @TempDir
    private Path folder;

    private Path whole;
    private Path parts;
    private byte[] content;

    @BeforeEach
    void makeFolder() throws IOException {
        whole = Files.createDirectories(folder.resolve("whole"));
        parts = Files.createDirectories(folder.resolve("the parts"));
        content = new byte[BYTES];
        new Random(3).nextBytes(content);
        Files.createDirectories(whole.resolve("lib"));
        Files.write(whole.resolve("lib/a b.jar"), content);
        Checksums.write(whole);
    }

    private String join(int expected) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(parts.resolve("join").toString(), "joined")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(expected, process.waitFor(), said);
        return said;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(parts)) {
            return files.filter(file -> file.getFileName().toString().startsWith("mixgrpo.tar."))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void partsOfAnySizeJoinToTheSameFiles() throws Exception {
        Parts.write(whole, parts, 70_001);
        List<Path> files = files();
        for (Path file : files.subList(0, files.size() - 1)) {
            assertEquals(70_001, Files.size(file));
        }
        assertTrue(files.size() >= 3 && Files.size(files.get(files.size() - 1)) <= 70_001, files.toString());
        join(0);
        assertArrayEquals(content, Files.readAllBytes(folder.resolve("joined/lib/a b.jar")));
        assertTrue(join(2).contains("joined exists already"));
    }

    @Test
    void aDamagedOrMissingPartIsFoundBeforeAnythingIsUnpacked() throws Exception {
        Parts.write(whole, parts, 100_000);
        Path second = files().get(1);
        byte[] bytes = Files.readAllBytes(second);
        bytes[bytes.length / 2] ^= 1;
        Files.write(second, bytes);
        assertTrue(join(3).contains("mixgrpo.tar.0002"));
        Files.delete(second);
        assertTrue(join(3).contains("missing or damaged"));
        assertFalse(Files.exists(folder.resolve("joined")));
    }

    @Test
    void aStreamThatEndsWithAPartHasNoEmptyPart() throws Exception {
        Parts.write(whole, parts, 10_240); // tar writes blocks of this size
        for (Path file : files()) {
            assertEquals(10_240, Files.size(file));
        }
    }
}
