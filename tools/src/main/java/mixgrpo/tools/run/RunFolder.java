package mixgrpo.tools.run;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.models.weights.AtomicFile;

/**
 * The folder of a run and the names of what is in it.
 *
 * @param path {@code runs/NAME}
 */
public record RunFolder(Path path) {

    /**
     * A new folder for a run. A name of the preset's counts up where it is taken ({@code quickstart}, {@code quickstart-2}, ...); one
     * that the user gave must be free.
     *
     * @param runs the folder of all runs; made if it does not exist
     * @param given whether the user gave the name
     * @throws FileAlreadyExistsException if a given name is taken
     * @throws IOException if no folder can be made there
     */
    public static RunFolder create(Path runs, String name, boolean given) throws IOException {
        try {
            Files.createDirectories(runs);
        } catch (IOException e) {
            throw new IOException("%s: cannot be created: %s".formatted(runs, WritableFolder.reason(e)), e);
        }
        for (int count = 1; ; count++) {
            Path path = runs.resolve(count == 1 ? name : name + "-" + count);
            try {
                return new RunFolder(Files.createDirectory(path));
            } catch (FileAlreadyExistsException e) {
                if (given) {
                    throw e;
                }
            }
        }
    }

    public String name() {
        return path.toAbsolutePath().normalize().getFileName().toString();
    }

    /** The resolved configuration, YAML. */
    public Path config() {
        return path.resolve("config.yaml");
    }

    /** One line of JSON an iteration. */
    public Path metrics() {
        return path.resolve("metrics.jsonl");
    }

    /** The outcome, written when the run is done. */
    public Path summary() {
        return path.resolve("summary.json");
    }

    public Path report() {
        return path.resolve("report.html");
    }

    public Path checkpoints() {
        return path.resolve("checkpoints");
    }

    /** The tuned transformer, written when training of all weights is done: a component in diffusers' layout. */
    public Path transformer() {
        return path.resolve("transformer");
    }

    /** The trained adapters, written when their training is done: a LoRA file as diffusers saves and loads it. */
    public Path lora() {
        return path.resolve("pytorch_lora_weights.safetensors");
    }

    /** Event files for TensorBoard. */
    public Path tensorboard() {
        return path.resolve("tensorboard");
    }

    public Path samples() {
        return path.resolve("samples");
    }

    /** The grid of pictures after so many iterations: the base's beside those of then. */
    public Path sample(int iterations) {
        return samples().resolve("iteration-%06d.png".formatted(iterations));
    }

    /** Deletes what was not written to its end because a process was killed, while nobody else works in this folder. */
    public void deleteLeftovers() throws IOException {
        AtomicFile.deleteLeftovers(path);
    }

    /** All grids there are, in the order of iterations. */
    public List<Path> sampleFiles() throws IOException {
        if (!Files.isDirectory(samples())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(samples())) {
            return files.filter(file -> file.toString().endsWith(".png"))
                    .sorted()
                    .toList();
        }
    }
}
