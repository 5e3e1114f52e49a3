package mixgrpo.models.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import mixgrpo.models.flux.BflFile;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.weights.WeightsCheck;
import mixgrpo.models.weights.WeightsFile;

/** Bytes from a stranger, as a file, and all that is done with a weights file before it is trusted. */
final class Hostile implements AutoCloseable {

    private static final int LONGEST_MESSAGE = 20_000;

    private final Path folder;

    Hostile() {
        try {
            Path memory = Path.of("/dev/shm"); // a file a run, and thousands of runs a second
            folder = Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "mixgrpo-fuzz")
                    : Files.createTempDirectory("mixgrpo-fuzz");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    Path write(String name, byte[] bytes) {
        try {
            return Files.write(folder.resolve(name), bytes);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Something that may refuse a file. */
    interface Reading {
        void run() throws IOException;
    }

    /** Runs it; a refusal must name the file and be readable. */
    static void refusesClearly(Path file, Reading reading) {
        try {
            reading.run();
        } catch (IOException | IllegalArgumentException e) {
            String message = e.getMessage();
            if (message == null
                    || !message.contains(file.getFileName().toString()) && e instanceof IOException
                    || message.length() > LONGEST_MESSAGE
                    || message.chars().anyMatch(c -> Character.isISOControl(c) && c != '\n')) {
                throw new IllegalStateException("an unclear error: " + message, e);
            }
        }
    }

    /** Opens a file, reads all of it, and asks what it is. */
    static void readsOrRefuses(Path file) {
        refusesClearly(file, () -> {
            try (WeightsFile weights = WeightsFile.open(file)) {
                weights.shapes().forEach((key, shape) -> {
                    long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
                    long[] read = new long[1];
                    weights.pieces(key, piece -> read[0] += piece.remaining());
                    weights.pieces(key, elements / 2, elements - elements / 2, piece -> read[0] += piece.remaining());
                    if (read[0] != elements + elements - elements / 2) {
                        throw new IllegalStateException(
                                "%d of %d elements of %s".formatted(read[0], elements, Arrays.toString(shape)));
                    }
                    if (!weights.dtypes().get(key).isFloat()) {
                        weights.longs(key);
                    }
                });
                WeightsCheck.notFinite(weights);
                if (BflFile.matches(weights)) {
                    refusesClearly(file, () -> BflFile.of(weights));
                }
                if (LoraFile.matches(weights)) {
                    refusesClearly(file, () -> LoraFile.of(weights));
                }
            }
        });
    }

    @Override
    public void close() throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
