package mixgrpo.tools.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import mixgrpo.models.weights.Component;

/** A transformer that was tuned from a model's. */
public final class TunedFolder {

    private TunedFolder() {}

    /**
     * Opens a transformer's folder, or the one in a model's or run's; the caller closes it.
     *
     * @throws IllegalArgumentException if there is none, or it is of another model
     */
    public static Component open(Architecture architecture, Path folder) throws IOException {
        Path inside = folder.resolve("transformer");
        Path path = Files.isRegularFile(inside.resolve("config.json")) ? inside : folder;
        if (!Files.isRegularFile(path.resolve("config.json"))) {
            throw new IllegalArgumentException(
                    "--tuned: expected a folder with a transformer (config.json and its weights), or one that holds it as transformer/, got %s, %s"
                            .formatted(folder, Files.exists(folder) ? "which has neither" : "which is not there"));
        }
        Component tuned = Component.open(path);
        try {
            architecture.check(tuned.weights(), path.toString());
            return tuned;
        } catch (RuntimeException e) {
            tuned.close();
            throw e;
        }
    }
}
