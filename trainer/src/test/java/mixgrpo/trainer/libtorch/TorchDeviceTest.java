package mixgrpo.trainer.libtorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.engine.NvidiaDriver;
import org.junit.jupiter.api.Test;

class TorchDeviceTest {

    private static final Libtorch ON_CPU = new Libtorch("2.7.1", "cpu", 0);
    private static final Libtorch ON_TWO_GPUS = new Libtorch("2.5.1", "cu124", 2);

    private static Optional<NvidiaDriver> driver(String version) {
        return Optional.of(new NvidiaDriver(version, List.of("NVIDIA H100")));
    }

    @Test
    void autoTakesAGpuWhereThereIsOne() {
        assertEquals(TorchDevice.CPU, TorchDevice.of(DeviceChoice.AUTO, ON_CPU, List.of("no driver"), 0));
        TorchDevice second = TorchDevice.of(DeviceChoice.AUTO, ON_TWO_GPUS, List.of(), 1);
        assertEquals(OptionalInt.of(1), second.gpu());
        assertEquals("GPU 1", second.toString());
        assertEquals(second, TorchDevice.of(DeviceChoice.GPU, ON_TWO_GPUS, List.of(), 1));
    }

    @Test
    void aGpuThatIsAskedForIsNeverReplacedByTheCpu() {
        String message = assertThrows(
                        EngineUnavailableException.class,
                        () -> TorchDevice.of(DeviceChoice.GPU, ON_CPU, List.of("no natives", "no driver"), 0))
                .getMessage();
        assertEquals(
                "device: gpu cannot be used here:%n  no natives%n  no driver%nauto takes the CPU".formatted(), message);
    }

    @Test
    void aNumberBeyondTheGpusIsRefused() {
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> TorchDevice.of(DeviceChoice.AUTO, ON_TWO_GPUS, List.of(), 2))
                .getMessage();
        assertEquals("-Dmixgrpo.cuda.device: expected 0..1, the GPUs that libtorch sees, got 2", message);
    }

    @Test
    void whatIsMissingIsTheBuildOrTheDriverOrAccess() {
        assertEquals(List.of(), TorchDevice.missing(ON_TWO_GPUS, true, driver("550.54")));
        assertEquals(
                List.of(
                        "this build has libtorch for the CPU only (build and run with MIXGRPO_PROFILE=cuda)",
                        "no NVIDIA driver runs (CUDA 12.4 needs version 525 or newer)"),
                TorchDevice.missing(ON_CPU, false, Optional.empty()));
        assertEquals(
                List.of("the NVIDIA driver is version 470.82 (CUDA 12.4 needs 525 or newer)"),
                TorchDevice.missing(ON_CPU, true, driver("470.82")));
        String hidden = String.join("", TorchDevice.missing(ON_CPU, true, driver("550.54")));
        assertTrue(hidden.contains("sees no GPU although a driver runs: does CUDA_VISIBLE_DEVICES hide them"), hidden);
    }

    @Test
    void theLibraryOfThisProcessSaysWhatItIs() {
        Libtorch torch = Libtorch.load();
        assertTrue(torch.toString().matches("\\d+\\.\\d+\\.\\d+ \\((cpu|cu\\d+)\\)"), torch.toString());
        assertEquals(torch.gpus() > 0, TorchDevice.of(DeviceChoice.AUTO).isGpu());
        assertEquals(torch.gpus() == 0, !TorchDevice.missing().isEmpty());
        assertFalse(TorchDevice.CPU.memory().isPresent());
    }
}
