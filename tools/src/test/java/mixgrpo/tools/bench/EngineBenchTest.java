package mixgrpo.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.libtorch.TorchDevice;
import mixgrpo.trainer.metrics.PhaseClock.Spent;
import org.junit.jupiter.api.Test;

class EngineBenchTest {

    private static List<Spent> wall(double... seconds) {
        return Arrays.stream(seconds).mapToObj(second -> new Spent(second, 0)).toList();
    }

    /** Ratios are 3, 1 and 4; the ratio of the medians would be 2. */
    @Test
    void aSpeedIsTheMedianOfRatiosInPairs() {
        assertEquals(3, Probe.medianRatio(wall(1, 4, 2), wall(3, 4, 8), Spent::wallSeconds));
        assertThrows(IllegalArgumentException.class, () -> Probe.medianRatio(wall(1), wall(1, 2), Spent::wallSeconds));
    }

    @Test
    void whatIsPrintedSaysWhereLibtorchWasAndByWhichTime() {
        EngineFigures.Passes passes = new EngineFigures.Passes(
                EngineFigures.Time.WALL, Map.of(EngineBench.FP32, new Spent(.001, .002)), 5, 2.5, null, null);
        String text = new EngineFigures("tensorrt", "the CPU", 1, 12, 64, 16, 8_000_000, 7, passes, List.of()).table();
        assertTrue(text.startsWith("tensorrt, libtorch on the CPU; "), text);
        assertTrue(
                text.contains(
                        "by wall time, the engine in fp32 is 5.00 times as fast as libtorch eager, 2.50 times as fast as TorchScript"),
                text);
        assertFalse(text.contains("int8"), text);
    }

    @Test
    void libtorchIsOnTheCpuBesideAnEngineThere() {
        assertEquals(TorchDevice.CPU, EngineBench.beside(EngineKind.ORT_CPU));
    }
}
