package mixgrpo.trainer.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.solvers.window.Window;
import mixgrpo.trainer.advantage.Advantages;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.policy.GradientStats;
import mixgrpo.trainer.policy.PassCounts;
import mixgrpo.trainer.policy.Summary;
import mixgrpo.trainer.policy.UpdateStats;
import org.junit.jupiter.api.Test;

class IterationReportTest {

    @Test
    void anIterationWithoutUpdateSaysWhatWasLeftOut() {
        ScoredGroup scored = new ScoredGroup((Group) null, Map.of("scene", new double[] {.5, .5}));
        PassCounts passes = new PassCounts(0, 0, 0, 0, 0, 1, 2);
        UpdateStats none = new UpdateStats(
                new GradientStats(0, GradientStats.NONE.ratios(), Summary.NONE, passes),
                Summary.NONE,
                false,
                0,
                Double.NaN);
        Measurements line = new IterationReport(3, new Window(1, 3), .1, true)
                .of(List.of(scored), new Advantages(new double[1][2]), none, SyncStats.NONE);
        assertEquals(2, line.get(Metric.TRAIN_LEFT_OUT).orElseThrow());
        assertEquals(1, line.get(Metric.SKIPPED_BACKWARDS).orElseThrow());
        assertEquals(0, line.get(Metric.TRAIN_PASSES).orElseThrow());
        assertEquals(0, line.get(Metric.TRAIN_BACKWARDS).orElseThrow());
        assertTrue(line.get(Metric.GRADIENT_NORM).isEmpty());
        assertTrue(line.get(Metric.RATIO_MEAN).isEmpty());
    }
}
