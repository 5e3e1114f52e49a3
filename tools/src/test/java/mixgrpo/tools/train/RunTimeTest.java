package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.Summary;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTimeTest {

    @TempDir
    private Path folder;

    @Test
    void aNewRunHasNoTimeBehindIt() throws IOException {
        RunTime time = RunTime.of(new RunFolder(folder));
        assertEquals(0, time.before());
        double now = time.elapsedSeconds();
        assertTrue(now > 0 && time.elapsedSeconds() >= now);
    }

    @Test
    void iterationsThatAreDoneAgainAndTheMeasuringCount() throws IOException {
        RunFolder run = new RunFolder(folder);
        try (MetricsLog log = MetricsLog.open(run.metrics(), 0)) {
            for (int i = 0; i < 5; i++) {
                Measurements line = new Measurements(i);
                line.put(Metric.ELAPSED_SECONDS, 10. * (i + 1));
                log.write(line);
            }
        }
        assertEquals(50, RunTime.of(run).before());
        new Summary(61.5, 5, 1, 1, Map.of()).write(run.summary());
        assertEquals(61.5, RunTime.of(run).before());
    }
}
