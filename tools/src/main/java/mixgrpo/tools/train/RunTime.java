package mixgrpo.tools.train;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.List;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;

/**
 * Wall time of a run over all its processes, each from the start of its JVM.
 *
 * @param before seconds of the processes that came before this one, up to the iteration that it goes on at
 */
record RunTime(double before) {

    /** @param iteration that the run goes on at */
    static RunTime of(RunFolder folder, int iteration) throws IOException {
        if (!Files.exists(folder.metrics())) {
            return new RunTime(0);
        }
        List<Measurements> lines = MetricsLog.read(folder.metrics());
        double before = 0;
        for (Measurements line : lines) {
            if (line.iteration() < iteration) {
                before = line.get(Metric.ELAPSED_SECONDS).orElse(before);
            }
        }
        return new RunTime(before);
    }

    double elapsedSeconds() {
        long start = ManagementFactory.getRuntimeMXBean().getStartTime();
        return before + (System.currentTimeMillis() - start) * 1e-3;
    }
}
