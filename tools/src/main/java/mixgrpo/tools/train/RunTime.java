package mixgrpo.tools.train;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.Summary;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;

/**
 * Wall time of a run over all its processes, each from the start of its JVM. Of a process that did not come to its end it counts what
 * the last line of its metrics says, so iterations that are done again count each time; what it did after that line is lost.
 *
 * @param before seconds of the processes that came before this one
 */
record RunTime(double before) {

    /** To be called before the metrics are cut back to the iteration that the run goes on at. */
    static RunTime of(RunFolder folder) throws IOException {
        double before = 0;
        if (Files.exists(folder.metrics())) {
            for (Measurements line : MetricsLog.read(folder.metrics())) {
                before = Math.max(before, line.get(Metric.ELAPSED_SECONDS).orElse(0));
            }
        }
        // That of a complete run that is to have more iterations counts its measuring, too.
        if (Files.exists(folder.summary())) {
            before = Math.max(before, Summary.read(folder.summary()).seconds());
        }
        return new RunTime(before);
    }

    double elapsedSeconds() {
        long start = ManagementFactory.getRuntimeMXBean().getStartTime();
        return before + (System.currentTimeMillis() - start) * 1e-3;
    }
}
