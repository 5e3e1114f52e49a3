package mixgrpo.trainer.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class PhaseClockTest {

    @Test
    void anInnerPhaseStopsTheOuterOne() {
        PhaseClock clock = new PhaseClock();
        clock.time(Phase.TRAIN, () -> {
            spin(0.02);
            clock.time(Phase.SYNC, () -> spin(0.04));
            return spin(0.02);
        });
        double train = clock.of(Phase.TRAIN).wallSeconds();
        double sync = clock.of(Phase.SYNC).wallSeconds();
        assertTrue(train >= 0.04 && sync >= 0.04, "train %s, sync %s".formatted(train, sync));
        assertTrue(train + sync <= clock.total().wallSeconds(), "train %s, sync %s".formatted(train, sync));
        assertEquals(0, clock.of(Phase.ROLLOUT).wallSeconds());
    }

    @Test
    void aPhaseThatFailsEnds() {
        PhaseClock clock = new PhaseClock();
        assertThrows(
                IOException.class,
                () -> clock.time(Phase.REWARD, () -> {
                    throw new IOException("no");
                }));
        double reward = clock.of(Phase.REWARD).wallSeconds();
        spin(0.01);
        clock.time(Phase.TRAIN, () -> spin(0.01));
        assertEquals(reward, clock.of(Phase.REWARD).wallSeconds());
    }

    @Test
    void sharesAndSecondsOfAllPhasesAreReported() {
        PhaseClock clock = new PhaseClock();
        clock.time(Phase.ROLLOUT, () -> spin(0.02));
        Measurements line = new Measurements(0);
        clock.report(line);
        double total = line.get(Metric.ITERATION_SECONDS).orElseThrow();
        double rollout = line.get("seconds.rollout").orElseThrow();
        assertEquals(rollout / total, line.get("share.rollout").orElseThrow(), 1e-12);
        assertEquals(0, line.get("share.train").orElseThrow());
    }

    @Test
    void thePeakHoldsTheHeap() throws IOException {
        long resident = ProcessMemory.residentBytes();
        assertTrue(resident > 10 << 20);
        assertTrue(ProcessMemory.peakResidentBytes() >= resident);
    }

    private static double spin(double seconds) {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        return seconds;
    }
}
