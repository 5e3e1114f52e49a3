package mixgrpo.trainer.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.trainer.config.CheckpointConfig;

/**
 * The checkpoints of a run: one safetensors file for each, {@code iteration-000120.safetensors} after 120 iterations, float32,
 * with a format version and named groups of arrays. Everything else that a run is made of is a function of its configuration.
 */
public final class Checkpoints {

    /** Version of the groups and their keys; readers refuse others. */
    private static final String VERSION = "1";

    private static final Pattern NAME = Pattern.compile("iteration-(\\d{6,})\\.safetensors");

    private final Path folder;
    private final CheckpointConfig config;

    /**
     * @param folder of the checkpoints alone; made by the first of them
     * @param config how often one is due, and how many are kept
     */
    public Checkpoints(Path folder, CheckpointConfig config) {
        this.folder = folder;
        this.config = config;
    }

    /** Whether a checkpoint is due when so many iterations are done. */
    public boolean isDue(int iterationsDone) {
        return iterationsDone % config.every() == 0;
    }

    /** Saves what a run remembers after so many iterations, and deletes all but the newest checkpoints. */
    public void save(int iterationsDone, Map<String, Weights> groups) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve("iteration-%06d.safetensors".formatted(iterationsDone));
        SafetensorsWriter.write(
                file,
                new WeightGroups(groups),
                Dtype.F32,
                Map.of("format_version", VERSION, "iterations_done", "" + iterationsDone));
        List<Path> all = files();
        for (int i = 0; i < all.size() - config.keep(); i++) {
            Files.deleteIfExists(all.get(i));
        }
    }

    /** The iterations done at the newest checkpoint; empty if there is none. */
    public Optional<Integer> newest() throws IOException {
        List<Path> files = files();
        return files.isEmpty() ? Optional.empty() : Optional.of(iterationsDone(files.get(files.size() - 1)));
    }

    /**
     * Hands the newest checkpoint to a reader, open for the time of the call.
     *
     * @return the iterations done at it
     * @throws IOException if there is none, or it is broken or of another version
     */
    public int restoreNewest(Consumer<Weights> reader) throws IOException {
        try (WeightsFile saved = openNewest()) {
            try {
                reader.accept(saved);
            } catch (IllegalArgumentException e) {
                throw new IOException(
                        "%s: does not fit this run: %s; is model, train.mode or optimizer.emaDecay another one than before?"
                                .formatted(saved.path(), e.getMessage()),
                        e);
            }
            return iterationsDone(saved.path());
        }
    }

    /**
     * The newest checkpoint; the caller closes it.
     *
     * @throws IOException if there is none, or it is broken or of another version
     */
    public WeightsFile openNewest() throws IOException {
        List<Path> files = files();
        if (files.isEmpty()) {
            throw new IOException("%s: holds no checkpoint (iteration-*.safetensors)".formatted(folder));
        }
        Path file = files.get(files.size() - 1);
        WeightsFile saved = open(file, files.size() > 1);
        String version = saved.metadata().get("format_version");
        if (!VERSION.equals(version)) {
            saved.close();
            throw new IOException("%s: expected format_version %s, got %s; was it written by another version?"
                    .formatted(file, VERSION, version));
        }
        return saved;
    }

    private static WeightsFile open(Path file, boolean hasEarlier) throws IOException {
        try {
            return SafetensorsFile.open(file);
        } catch (IOException e) {
            throw new IOException(
                    "%s; without this file the run %s"
                            .formatted(
                                    e.getMessage(),
                                    hasEarlier ? "goes on from the checkpoint before it" : "begins anew"),
                    e);
        }
    }

    private List<Path> files() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            List<Path> files = new ArrayList<>(all.filter(
                            file -> NAME.matcher(file.getFileName().toString()).matches())
                    .toList());
            files.sort(Comparator.comparingInt(Checkpoints::iterationsDone));
            return files;
        }
    }

    private static int iterationsDone(Path file) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (!name.matches()) {
            throw new IllegalStateException("%s is not named as a checkpoint".formatted(file));
        }
        return Integer.parseInt(name.group(1));
    }
}
