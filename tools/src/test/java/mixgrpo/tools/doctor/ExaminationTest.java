package mixgrpo.tools.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.tools.model.Processor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExaminationTest {

    @Test
    void aJavaThatIsTooOldBreaksIt() {
        assertEquals(Check.State.OK, Examination.java(17, "17.0.15").state());
        Check old = Examination.java(16, "16.0.2");
        assertEquals(Check.State.BROKEN, old.state());
        assertFalse(new Examination(List.of(old)).isSound());
    }

    @Test
    void littleFreeMemoryIsAWarningThatBreaksNothing() {
        assertEquals(
                Check.State.OK,
                Examination.memory("MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\n")
                        .state());
        Check little = Examination.memory("MemTotal:       16000000 kB\nMemAvailable:     500000 kB\n");
        assertEquals(Check.State.WARNING, little.state());
        assertTrue(little.found().startsWith("16.38 GB, 0.51 GB of it free"), little.found());
        assertTrue(new Examination(List.of(little)).isSound());
        assertThrows(IllegalStateException.class, () -> Examination.memory("MemFree: 1 kB\n"));
    }

    @Test
    void aProcessorIsNamedWithWhatSpeedsItUp() {
        Check fast =
                Examination.processor(Processor.of("model name\t: AMD EPYC\nflags\t\t: fpu avx2 avx512_vnni\n"), 2);
        assertEquals(Check.ok("processor", "AMD EPYC, 2 processors for this process, avx2 avx512_vnni"), fast);
        assertEquals(
                Check.State.WARNING,
                Examination.processor(Processor.of("flags : avx avx2x\n"), 2).state());
    }

    @Test
    void aFolderThatTakesNoFilesIsAWarning(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Check refused = Examination.disk("cache", file.resolve("below"), "name another");
        assertEquals(Check.State.WARNING, refused.state());
        assertEquals("name another", refused.advice());
        assertTrue(Examination.disk("cache", folder.resolve("a/b"), "").found().contains(" free"));
        assertEquals(List.of("file"), List.of(folder.toFile().list()));
    }

    @Test
    void aLibraryThatDoesNotLoadSaysWhy() {
        Check broken = NativeLibraries.loading("libtorch", () -> {
            throw new UnsatisfiedLinkError("libgomp.so.1: cannot open");
        });
        assertEquals(Check.State.BROKEN, broken.state());
        assertTrue(broken.found().contains("libgomp.so.1: cannot open"), broken.found());
    }
}
