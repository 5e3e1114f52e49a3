package mixgrpo.tools.pretrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.trainer.pretrain.PretrainConfig;

/**
 * The folder of a pretraining and the names of what is in it, besides the checkpoints of the trainings.
 *
 * @param path of the folder
 */
public record PretrainFolder(Path path) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Makes the folder, or goes on with one that exists.
     *
     * @throws IllegalArgumentException if what lies there was made with another seed or another length of the autoencoder's training,
     *     on which all the rest depends
     */
    public static PretrainFolder open(Path path, PretrainConfig config) throws IOException {
        Files.createDirectories(path);
        Path file = path.resolve("pretrain.json");
        ObjectNode own = JSON.createObjectNode()
                .put("seed", config.seed())
                .put("vaeSteps", config.autoencoder().steps());
        if (Files.exists(file)) {
            String text = Files.readString(file);
            try {
                // Compared as text: a small number is an int when read and a long when made.
                String there = JSON.readTree(text).toString();
                if (!there.equals(own.toString())) {
                    throw new IllegalArgumentException(
                            "--seed, --vae-steps: %s was begun with %s, got %s; give these again, or name another folder by --out"
                                    .formatted(path, there, own));
                }
            } catch (JsonProcessingException e) {
                throw new IOException("%s: not valid JSON: %s".formatted(file, e.getOriginalMessage()), e);
            }
        }
        AtomicFile.write(file, (own + "\n").getBytes(StandardCharsets.UTF_8));
        return new PretrainFolder(path);
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
