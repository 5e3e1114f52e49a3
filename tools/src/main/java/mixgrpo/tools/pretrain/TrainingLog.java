package mixgrpo.tools.pretrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.trainer.pretrain.Progress.Part;

/** Losses and times of a training over all its processes, a line of JSON every {@value #EVERY} updates. */
public final class TrainingLog {

    private static final int EVERY = 50;
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * @param step updates made
     * @param loss mean over the updates since the line before
     * @param seconds of this training so far
     */
    public record Line(Part training, int step, double loss, double seconds) {}

    private final Path file;
    private final Part part;
    private final double before;
    private final LongSupplier nanoTime;
    private final long start;
    private double sum;
    private int count;

    private TrainingLog(Path file, Part part, double before, LongSupplier nanoTime) {
        this.file = file;
        this.part = part;
        this.before = before;
        this.nanoTime = nanoTime;
        start = nanoTime.getAsLong();
    }

    /** Goes on with a training after so many updates; lines of later ones, which are made again, are dropped. */
    static TrainingLog after(int step, Path file, Part part, LongSupplier nanoTime) throws IOException {
        StringBuilder kept = new StringBuilder();
        double before = 0;
        for (Line line : read(file)) {
            if (line.training() != part || line.step() <= step) {
                kept.append(JSON.writeValueAsString(line)).append('\n');
                before = line.training() == part ? line.seconds() : before;
            }
        }
        AtomicFile.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
        return new TrainingLog(file, part, before, nanoTime);
    }

    void add(int step, int steps, double loss) throws IOException {
        sum += loss;
        count++;
        if (step % EVERY == 0 || step == steps) {
            double seconds = before + (nanoTime.getAsLong() - start) / 1e9;
            String line = JSON.writeValueAsString(new Line(part, step, sum / count, seconds)) + "\n";
            Files.writeString(file, line, StandardOpenOption.APPEND);
            sum = 0;
            count = 0;
        }
    }

    /** The last line of a training. */
    static Optional<Line> last(Path file, Part part) throws IOException {
        return read(file).stream().filter(line -> line.training() == part).reduce((earlier, later) -> later);
    }

    private static List<Line> read(Path file) throws IOException {
        List<Line> lines = new ArrayList<>();
        if (Files.exists(file)) {
            List<String> texts = Files.readAllLines(file);
            for (int i = 0; i < texts.size(); i++) {
                try {
                    lines.add(JSON.readValue(texts.get(i), Line.class));
                } catch (JsonProcessingException e) {
                    if (i < texts.size() - 1) { // the last one may be cut off by a process that was killed
                        throw new IOException("%s, line %d: %s".formatted(file, i + 1, e.getOriginalMessage()), e);
                    }
                }
            }
        }
        return lines;
    }
}
