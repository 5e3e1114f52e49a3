package mixgrpo.tools.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.tools.run.RunFolder;

/**
 * A transformer that was tuned from a model's. Whoever opens it closes it.
 *
 * @param weights of it, checked, with the keys of the model's
 * @param file that they lie in
 */
public record TunedTransformer(Weights weights, WeightsFile file) implements AutoCloseable {

    /**
     * Opens a transformer's folder, or the one in a model's or run's, or a file of weights alone, whose keys are diffusers' or those of Black
     * Forest Labs.
     *
     * @param variant which of several weights, if a folder has such; see {@link Component#open(Path, String)}
     * @throws IllegalArgumentException if there is none, or it is of another model, or adapters
     */
    public static TunedTransformer open(Architecture architecture, Path path, String variant) throws IOException {
        if (Files.isRegularFile(path)) {
            return checked(architecture, WeightsFile.open(path), path);
        }
        Path inside = path.resolve("transformer");
        Path folder = Files.isRegularFile(inside.resolve("config.json")) ? inside : path;
        Path adapters = new RunFolder(path).lora();
        if (folder == path && Files.isRegularFile(adapters)) {
            throw new IllegalArgumentException(
                    "--tuned: %s is of a run that trained adapters; they are given by --lora %s"
                            .formatted(path, adapters));
        }
        if (!Files.isRegularFile(folder.resolve("config.json"))) {
            throw new IllegalArgumentException(
                    "--tuned: expected a folder with a transformer (config.json and its weights), one that holds it as transformer/, or a file of its weights, got %s, %s"
                            .formatted(path, Files.exists(path) ? "which has neither" : "which is not there"));
        }
        return checked(architecture, Component.open(folder, variant).weights(), folder);
    }

    private static TunedTransformer checked(Architecture architecture, WeightsFile file, Path path) {
        try {
            if (LoraFile.matches(file)) {
                throw new IllegalArgumentException(
                        "--tuned: expected weights of a transformer, got adapters (a LoRA) in %s; they are given by --lora %s"
                                .formatted(file.path(), file.path()));
            }
            Weights weights = architecture.weights(file);
            architecture.check(weights, path.toString());
            return new TunedTransformer(weights, file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
