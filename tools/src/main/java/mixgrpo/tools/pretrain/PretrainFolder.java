package mixgrpo.tools.pretrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.tools.figures.Word;
import mixgrpo.trainer.pretrain.PretrainConfig;
import mixgrpo.trainer.torchscript.Precision;

/**
 * The folder of a pretraining and the names of what is in it, besides the checkpoints of the trainings.
 *
 * @param path of the folder
 */
public record PretrainFolder(Path path) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PRECISION = "precision";

    /**
     * Makes the folder, or goes on with one that exists.
     *
     * @throws IllegalArgumentException if what lies there was made with another seed, another length of the autoencoder's training, on
     *     which all the rest depends, or in another precision
     */
    public static PretrainFolder open(Path path, PretrainConfig config) throws IOException {
        Files.createDirectories(path);
        Path file = file(path);
        ObjectNode own = JSON.createObjectNode()
                .put("seed", config.seed())
                .put("vaeSteps", config.autoencoder().steps())
                .put(PRECISION, Word.of(config.precision()));
        if (Files.exists(file)) {
            // Compared as text: a small number is an int when read and a long when made.
            String there = read(file).toString();
            if (!there.equals(own.toString())) {
                throw new IllegalArgumentException(
                        "--seed, --vae-steps, --precision: %s was begun with %s, got %s; give these again, or name another folder by --out"
                                .formatted(path, there, own));
            }
        }
        AtomicFile.write(file, (own + "\n").getBytes(StandardCharsets.UTF_8));
        return new PretrainFolder(path);
    }

    /**
     * In which precision the policy is trained in a folder that was begun.
     *
     * @return empty if nothing was begun there
     */
    public static Optional<Precision> precision(Path path) throws IOException {
        Path file = file(path);
        String there = Files.exists(file) ? read(file).path(PRECISION).asText() : "";
        return Arrays.stream(Precision.values())
                .filter(precision -> Word.of(precision).equals(there))
                .findFirst();
    }

    private static Path file(Path path) {
        return path.resolve("pretrain.json");
    }

    private static JsonNode read(Path file) throws IOException {
        try {
            JsonNode there = JSON.readTree(Files.readString(file));
            if (there instanceof ObjectNode begun && !begun.has(PRECISION)) {
                begun.put(PRECISION, Word.of(Precision.BF16)); // what all were trained in before it was a choice
            }
            return there;
        } catch (JsonProcessingException e) {
            throw new IOException("%s: not valid JSON: %s".formatted(file, e.getOriginalMessage()), e);
        }
    }

    /** Deletes what was not written to its end because a process was killed, while nobody else works in this folder. */
    public void deleteLeftovers() throws IOException {
        AtomicFile.deleteLeftovers(path);
    }

    /** Losses and seconds of the trainings. */
    public Path log() {
        return path.resolve("training.jsonl");
    }

    /** Pictures of the policy after so many updates. */
    public Path sample(int steps) {
        return path.resolve("samples").resolve("policy-%06d.png".formatted(steps));
    }

    /** The finished model. */
    public Path model() {
        return path.resolve("model");
    }
}
