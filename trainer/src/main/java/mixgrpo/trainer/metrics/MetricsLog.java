package mixgrpo.trainer.metrics;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.models.weights.AtomicFile;

/** {@code metrics.jsonl}: a line of JSON for each iteration, on disk as soon as it is written. */
public final class MetricsLog implements AutoCloseable {

    private final Path file;
    private final Writer writer;

    private MetricsLog(Path file) throws IOException {
        this.file = file;
        writer = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /**
     * Opens the log of a run that goes on at {@code iteration}: lines of this and later iterations, left by a run that was cut off
     * after its last checkpoint, go away.
     *
     * @param file is created if it does not exist
     * @throws IOException if it cannot be read or written, or holds a line in its middle that is no line of metrics
     */
    public static MetricsLog open(Path file, int iteration) throws IOException {
        if (Files.exists(file)) {
            StringBuilder kept = new StringBuilder();
            read(file).stream().filter(line -> line.iteration() < iteration).forEach(line -> kept.append(line.toJson())
                    .append('\n'));
            AtomicFile.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
        }
        return new MetricsLog(file);
    }

    /**
     * The lines of a log. A last line that a killed run has cut short is left out.
     *
     * @throws IOException if the file cannot be read, or another line is no line of metrics
     */
    public static List<Measurements> read(Path file) throws IOException {
        String text = Files.readString(file);
        List<String> lines = text.lines().toList();
        List<Measurements> measurements = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            boolean cutShort = i == lines.size() - 1 && !text.endsWith("\n");
            if (cutShort) {
                break;
            }
            try {
                measurements.add(Measurements.ofJson(lines.get(i)));
            } catch (IllegalArgumentException e) {
                throw new IOException(
                        "%s, line %d: %s; without this line, or without the file, a run can go on, and its curves have a gap"
                                .formatted(file, i + 1, e.getMessage()),
                        e);
            }
        }
        return measurements;
    }

    /** Adds the line of an iteration. */
    public void write(Measurements measurements) throws IOException {
        try {
            writer.write(measurements.toJson());
            writer.write('\n');
            writer.flush();
        } catch (IOException e) {
            throw new IOException("%s: cannot be written: %s".formatted(file, e.getMessage()), e);
        }
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
