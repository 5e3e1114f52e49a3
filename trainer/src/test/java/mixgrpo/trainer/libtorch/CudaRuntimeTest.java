package mixgrpo.trainer.libtorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaRuntimeTest {

    /** As in the jar with libtorch 2.5.1 for CUDA 12.4, shortened. */
    private static final String DESCRIPTION =
            "version=2.5.1-20241113\nflavor=cu124\nclassifier=linux-x86_64\nlibraries=libc10.so,libcudart-8774224f.so.12,libtorch.so\n";

    private final String before = System.getProperty(CudaRuntime.SEARCHED);

    @TempDir
    private Path folder;

    @AfterEach
    void restoreProperty() {
        if (before == null) {
            System.clearProperty(CudaRuntime.SEARCHED);
        } else {
            System.setProperty(CudaRuntime.SEARCHED, before);
        }
    }

    private static TorchNatives natives(String description) throws IOException {
        return TorchNatives.of(new ByteArrayInputStream(description.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void nativesSayWhatTheyAreFor() throws IOException {
        TorchNatives cuda = natives(DESCRIPTION);
        assertTrue(cuda.isForGpus());
        assertEquals(Optional.of("pytorch/cu124/linux-x86_64/libcudart-8774224f.so.12"), cuda.cudaRuntime());
        TorchNatives cpu = natives("version=2.7.1\nflavor=cpu\nclassifier=linux-x86_64\nlibraries=libc10.so\n");
        assertFalse(cpu.isForGpus());
        assertEquals(Optional.empty(), cpu.cudaRuntime());
        assertTrue(TorchNatives.ofBuild().stream()
                .anyMatch(natives -> natives.flavor().equals("cpu")));
    }

    @Test
    void theRuntimeIsUnpackedUnderTheNameThatIsLookedForAndItsFolderIsSearchedFirst() throws IOException {
        System.setProperty(CudaRuntime.SEARCHED, "/mine");
        TorchNatives natives = natives(DESCRIPTION.replace("8774224f", "test")); // among the tests' resources
        CudaRuntime.prepare(List.of(natives), folder);
        CudaRuntime.prepare(List.of(natives), folder); // once more changes nothing
        Path unpacked = folder.resolve("cudart-2.5.1-20241113-cu124");
        assertEquals(unpacked + ":/mine", System.getProperty(CudaRuntime.SEARCHED));
        assertEquals("stands for a library\n", Files.readString(unpacked.resolve("libcudart.so")));
    }

    @Test
    void aJarWithoutTheRuntimeThatItNamesIsBroken() throws IOException {
        TorchNatives natives = natives(DESCRIPTION.replace("8774224f", "none"));
        assertThrows(IllegalStateException.class, () -> CudaRuntime.prepare(List.of(natives), folder));
    }

    @Test
    void aBuildForTheCpuIsLeftAsItIs() throws IOException {
        CudaRuntime.prepare(List.of(natives("version=2.7.1\nflavor=cpu\nlibraries=libc10.so\n")), folder);
        assertEquals(before, System.getProperty(CudaRuntime.SEARCHED));
        assertFalse(Files.exists(folder.resolve("cudart-2.7.1-cpu")));
    }
}
