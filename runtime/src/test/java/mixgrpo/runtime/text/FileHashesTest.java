package mixgrpo.runtime.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileHashesTest {

    private static final FileTime LONG_AGO = FileTime.fromMillis(1_600_000_000_000L);
    /** SHA-256 of "abc": FIPS 180-2, appendix B.1. */
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir
    private Path folder;

    private Path file;
    private FileHashes hashes;
    private final List<Long> read = new ArrayList<>();

    @BeforeEach
    void write() throws IOException {
        file = write("file", "abc");
        hashes = new FileHashes(folder.resolve("notes"));
    }

    private Path write(String name, String text) throws IOException {
        Path written = Files.write(folder.resolve(name), text.getBytes(StandardCharsets.US_ASCII));
        return Files.setLastModifiedTime(written, LONG_AGO);
    }

    private String hash(Path of) throws IOException {
        read.clear();
        return hashes.of(List.of(of), (done, all) -> read.add(done)).get(of);
    }

    @Test
    void aFileIsReadOnceAlsoThroughALink() throws IOException {
        assertEquals(ABC, hash(file));
        assertEquals(List.of(3L), read);
        assertEquals(ABC, hash(file));
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        assertEquals(ABC, hash(link));
        assertEquals(List.of(), read);
    }

    @Test
    void anotherSizeOrTimeMeansReadingAgain() throws IOException {
        hash(file);
        write("file", "abd");
        assertEquals(ABC, hash(file), "neither size nor time tell: this is what is given up");
        Files.setLastModifiedTime(file, FileTime.fromMillis(LONG_AGO.toMillis() + 1));
        assertNotEquals(ABC, hash(file));
        write("file", "abcd");
        hash(file);
        assertEquals(List.of(4L), read);
    }

    @Test
    void aFileThatIsStillBeingChangedIsNotNoted() throws IOException {
        Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() + 3_600_000));
        assertEquals(ABC, hash(file));
        assertFalse(Files.exists(folder.resolve("notes")));
    }

    @Test
    void aBrokenNoteIsNone() throws IOException {
        hash(file);
        try (Stream<Path> notes = Files.list(folder.resolve("notes"))) {
            Files.writeString(notes.findFirst().orElseThrow(), "3 what");
        }
        assertEquals(ABC, hash(file));
        assertEquals(List.of(3L), read);
        assertEquals(ABC, hash(file));
        assertEquals(List.of(), read);
    }

    @Test
    void progressCountsTheBytesThatMustBeRead() throws IOException {
        hash(file);
        Path empty = write("empty", "");
        Path large = write("large", "x".repeat(3_000_000));
        List<String> told = new ArrayList<>();
        hashes.of(List.of(file, empty, large), (done, all) -> told.add(done + "/" + all));
        assertEquals("3000000/3000000", told.get(told.size() - 1));
        assertEquals(told.size(), told.stream().distinct().count(), told::toString);
    }
}
