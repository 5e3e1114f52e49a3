package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.PhaseClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training by what an engine in 8-bit integers has sampled. */
class RolloutPrecisionTest {

    /** Wide enough that its layers are worth quantizing. */
    private static final FluxConfig WIDE = new FluxConfig(4, 4, 1, 1, 32, 4, 384, 384, false, List.of(8, 12, 12));

    @TempDir
    private Path folder;

    private MicroModel model;

    @BeforeEach
    void writeModel() throws IOException {
        model = MicroModel.write(folder, 6, WIDE);
    }

    private Measurements iteration(String oldLogProb, double clipRange) throws IOException {
        try (RunSession session = new RunSession(model.config(
                "rollout.precision=int8", "loss.oldLogProb=" + oldLogProb, "loss.clipRange=" + clipRange))) {
            assertEquals(SyncConfig.Mode.SESSION, session.config().sync().mode());
            return session.iteration().run(0, new PhaseClock());
        }
    }

    private static double of(Measurements measurements, Metric metric) {
        return measurements.get(metric).orElseThrow();
    }

    @Test
    void autoComputesOldLogProbsAgainWhereTheEngineIsTooFar() throws IOException {
        Measurements far = iteration("auto", 1e-7);
        double deviation = of(far, Metric.LOG_PROB_DEVIATION_MEAN);
        assertTrue(deviation > 1e-6, "float32 differs by less, and this is not float32: " + deviation);
        assertEquals(1, of(far, Metric.LOG_PROB_RECOMPUTED));
        Measurements near = iteration("auto", 2 * deviation / .05);
        assertEquals(deviation, of(near, Metric.LOG_PROB_DEVIATION_MEAN), 1e-3 * deviation);
        assertEquals(0, of(near, Metric.LOG_PROB_RECOMPUTED));
        assertEquals(0, of(iteration("rollout", 1e-7), Metric.LOG_PROB_RECOMPUTED));
        assertEquals(1, of(iteration("recompute", 1), Metric.LOG_PROB_RECOMPUTED));
        double parity = of(far, Metric.SYNC_PARITY);
        assertTrue(parity > 1e-4, "distance of velocities after a sync, too small for 8-bit integers: " + parity);
    }

    @Test
    void measurementsAreInFloat32() throws IOException {
        double[] rewards = new double[2];
        for (int i = 0; i < 2; i++) {
            try (RunSession session = new RunSession(model.config("rollout.precision=" + (i == 0 ? "fp32" : "int8")))) {
                rewards[i] = session.evaluate(session.model().weights(), true, 1, pictures -> {})
                        .mean("jpeg");
            }
        }
        assertEquals(rewards[0], rewards[1]);
    }
}
