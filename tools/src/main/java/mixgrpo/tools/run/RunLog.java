package mixgrpo.tools.run;

import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.runtime.image.Image;
import mixgrpo.tools.tensorboard.EventFile;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.MetricsLog;

/** What a run writes down as it goes on: {@code metrics.jsonl}, sample grids, and both again for TensorBoard. */
public final class RunLog implements AutoCloseable {

    private final RunFolder folder;
    private final MetricsLog metrics;
    private final EventFile events;

    private RunLog(RunFolder folder, MetricsLog metrics, EventFile events) {
        this.folder = folder;
        this.metrics = metrics;
        this.events = events;
    }

    /**
     * Opens the log of a run that goes on at {@code iteration}.
     *
     * @throws IOException if the folder cannot be written
     */
    public static RunLog open(RunFolder folder, int iteration) throws IOException {
        MetricsLog metrics = MetricsLog.open(folder.metrics(), iteration);
        try {
            return new RunLog(folder, metrics, EventFile.create(folder.tensorboard()));
        } catch (IOException e) {
            metrics.close();
            throw e;
        }
    }

    /** Writes what an iteration has measured. */
    public void write(Measurements measurements) throws IOException {
        metrics.write(measurements);
        Map<String, Double> tags = new LinkedHashMap<>();
        measurements.values().forEach((name, value) -> tags.put(name.replace('.', '/'), value));
        events.scalars(measurements.iteration(), tags);
    }

    /** Writes the grid of pictures after so many iterations. */
    public void write(int iterations, Image grid) throws IOException {
        Files.createDirectories(folder.samples());
        grid.writePng(folder.sample(iterations));
        events.image(iterations, "samples", Files.readAllBytes(folder.sample(iterations)), grid.width(), grid.height());
    }

    @Override
    public void close() throws IOException {
        try {
            metrics.close();
        } finally {
            events.close();
        }
    }
}
