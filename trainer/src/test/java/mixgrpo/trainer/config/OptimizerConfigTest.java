package mixgrpo.trainer.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class OptimizerConfigTest {

    @Test
    void aLinearScheduleFallsOverItsShareOnly() {
        OptimizerConfig config = config(OptimizerConfig.Schedule.LINEAR, 0.5, 0.1, 0);
        assertEquals(1e-3, config.learningRateAt(0, 100));
        assertEquals(1e-3, config.learningRateAt(50, 100));
        assertEquals(0.55e-3, config.learningRateAt(75, 100), 1e-12);
        assertEquals(0.118e-3, config.learningRateAt(99, 100), 1e-12);
    }

    @Test
    void aConstantScheduleStays() {
        assertEquals(
                1e-3, config(OptimizerConfig.Schedule.CONSTANT, 0.5, 0.1, 0).learningRateAt(99, 100));
    }

    @Test
    void aLearningRateRisesOverItsFirstIterations() {
        OptimizerConfig config = config(OptimizerConfig.Schedule.LINEAR, 0.5, 0.1, 4);
        assertEquals(0.2e-3, config.learningRateAt(0, 100), 1e-12);
        assertEquals(0.8e-3, config.learningRateAt(3, 100), 1e-12);
        assertEquals(1e-3, config.learningRateAt(4, 100));
        assertEquals(0.55e-3, config.learningRateAt(75, 100), 1e-12);
    }

    @Test
    void aRecordReportsAllItsFaults() {
        InvalidConfigException error = assertThrows(
                InvalidConfigException.class, () -> config(OptimizerConfig.Schedule.LINEAR, 0, Double.NaN, -1));
        assertEquals(
                List.of(
                        "optimizer.fallShare: expected a share above 0 and at most 1, got 0.0",
                        "optimizer.fallTo: expected a share from 0 to 1, got NaN",
                        "optimizer.warmup: expected 0 or more, got -1.0"),
                error.faults());
    }

    private static OptimizerConfig config(OptimizerConfig.Schedule schedule, double share, double to, int warmup) {
        return new OptimizerConfig(
                1e-3, schedule, share, to, warmup, 0, 1, 2, OptimizerConfig.Remainder.USED, 0.9, 0.999, 1e-8, 0);
    }
}
