package mixgrpo.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineProbeTest {

    private static final List<String> CUDA_12 = List.of(
            "libcuda.so.1",
            "libcudart.so.12",
            "libcublas.so.12",
            "libcublasLt.so.12",
            "libcurand.so.10",
            "libcufft.so.11",
            "libcudnn.so.9");

    @TempDir
    private Path folder;

    private EngineProbe probe(boolean inBuild, Optional<String> driver, Optional<String> start) {
        return new EngineProbe(
                new SharedLibraries(List.of(folder.resolve("none"), folder)),
                driver.map(version -> new NvidiaDriver(version, List.of("NVIDIA H100"))),
                resource -> inBuild,
                gpu -> start,
                new EngineProbe.Starter("tensorrt.so", gpu -> start));
    }

    private void install(List<String> names) throws IOException {
        for (String name : names) {
            Files.createFile(folder.resolve(name));
        }
    }

    @Test
    void allThatIsMissingIsNamedAtOnce() {
        String reason =
                probe(false, Optional.empty(), Optional.empty()).ortCuda().reason();
        assertTrue(reason.contains("MIXGRPO_PROFILE=ort-cuda"), reason);
        assertTrue(reason.contains("no NVIDIA driver runs (CUDA 12 needs version 525 or newer)"), reason);
        assertTrue(
                reason.contains("missing libraries: %s (install the driver, CUDA 12, cuDNN 9"
                        .formatted(String.join(", ", CUDA_12))),
                reason);
    }

    @Test
    void onlyWhatIsMissingIsNamed() throws IOException {
        install(CUDA_12.subList(0, 6));
        assertEquals(
                List.of("missing libraries: libcudnn.so.9 (install cuDNN 9, or name their folders in LD_LIBRARY_PATH)"),
                probe(true, Optional.of("550.54"), Optional.empty()).ortCuda().missing());
    }

    @Test
    void anEngineWithAllItNeedsIsStartedBeforeItIsUsable() throws IOException {
        install(CUDA_12);
        assertTrue(
                probe(true, Optional.of("550.54"), Optional.empty()).ortCuda().isUsable());
        EngineProbe.Finding broken = probe(true, Optional.of("550.54"), Optional.of("invalid device ordinal"))
                .ortCuda();
        assertFalse(broken.isUsable());
        assertTrue(broken.reason().contains("GPU 0 does not start: invalid device ordinal"), broken.reason());
    }

    @Test
    void aDriverThatIsTooOldIsNamedWithItsVersion() throws IOException {
        install(CUDA_12);
        assertEquals(
                List.of("the NVIDIA driver is version 470.82 (CUDA 12 needs 525 or newer)"),
                probe(true, Optional.of("470.82"), Optional.empty()).ortCuda().missing());
    }

    @Test
    void tensorRtNeedsItsBuildADriverAndAStart() throws IOException {
        String reason =
                probe(false, Optional.empty(), Optional.empty()).tensorRt().reason();
        assertTrue(reason.contains("MIXGRPO_PROFILE=tensorrt"), reason);
        assertTrue(
                reason.contains("no NVIDIA driver runs (TensorRT 11 with CUDA 13 needs version 580 or newer)"), reason);
        assertTrue(reason.contains("missing libraries: libcuda.so.1 (install the driver,"), reason);
        install(List.of("libcuda.so.1"));
        assertEquals(
                List.of("the NVIDIA driver is version 570.1 (TensorRT 11 with CUDA 13 needs 580 or newer)"),
                probe(true, Optional.of("570.1"), Optional.empty()).tensorRt().missing());
        assertTrue(
                probe(true, Optional.of("580.1"), Optional.empty()).tensorRt().isUsable());
        EngineProbe.Finding broken = probe(true, Optional.of("580.1"), Optional.of("CUDA finds no GPU"))
                .tensorRt();
        assertTrue(broken.reason().contains("GPU 0 does not start: CUDA finds no GPU"), broken.reason());
    }

    @Test
    void theCpuEngineOfThisBuildCanRunAndHasNoCuda() {
        EngineProbe.Starter none = new EngineProbe.Starter("tensorrt.so", gpu -> Optional.of("not here"));
        assertTrue(EngineProbe.ofMachine(none).ortCpu().isUsable());
        String said = OrtRuntime.failureOfCuda(0).orElseThrow();
        assertFalse(said.isEmpty());
        Mlp mlp = new Mlp(2, 3);
        EngineUnavailableException refused = assertThrows(
                EngineUnavailableException.class,
                () -> new OrtEngine(
                        "mlp",
                        OrtDevice.cuda(0),
                        mlp.graph().model(),
                        mlp.graph().parameters(),
                        Map.of(),
                        mlp.weights(1)));
        assertTrue(refused.getMessage().startsWith("ort-cuda does not start on GPU 0: "), refused.getMessage());
    }

    @Test
    void theDriverIsReadFromTheKernelsReport() throws IOException {
        assertEquals(Optional.empty(), NvidiaDriver.of(folder));
        Files.writeString(
                folder.resolve("version"),
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC 2023\n");
        Path gpu = Files.createDirectories(folder.resolve("gpus/0000:01:00.0"));
        Files.writeString(gpu.resolve("information"), "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 1\n");
        assertEquals(
                new NvidiaDriver("535.129.03", List.of("NVIDIA H100 80GB HBM3")),
                NvidiaDriver.of(folder).orElseThrow());
        Files.writeString(
                folder.resolve("version"),
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build\n");
        assertEquals("580.95.05", NvidiaDriver.of(folder).orElseThrow().version());
    }

    @Test
    void theLinkersConfigurationIsFollowed() throws IOException {
        Path parts = Files.createDirectories(folder.resolve("ld.so.conf.d"));
        Files.writeString(folder.resolve("ld.so.conf"), "# all\ninclude ld.so.conf.d/*.conf\n/opt/last\n");
        Files.writeString(parts.resolve("cuda.conf"), "/usr/local/cuda/lib64 # CUDA\n\n");
        Files.writeString(parts.resolve("cuda.txt"), "/not/this\n");
        assertEquals(
                List.of(Path.of("/usr/local/cuda/lib64"), Path.of("/opt/last")),
                SharedLibraries.configured(folder.resolve("ld.so.conf")));
        assertEquals(List.of(), SharedLibraries.configured(folder.resolve("absent")));
    }
}
