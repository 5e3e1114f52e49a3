package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.models.flux.BflFile;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;

/** Copies of the golden FLUX folder, to be changed by a test. */
public final class ModelCopies {

    public static final Path FLUX = GoldenReport.folder("models", "flux");

    private ModelCopies() {}

    /** All of the folder that {@code model_index.json} names. */
    public static Path of(Path to) throws IOException {
        Files.createDirectories(to);
        Files.copy(FLUX.resolve("model_index.json"), to.resolve("model_index.json"));
        for (String part : List.of(
                "scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "transformer", "vae")) {
            Files.createDirectories(to.resolve(part));
            try (Stream<Path> files = Files.list(FLUX.resolve(part))) {
                for (Path file : files.toList()) {
                    Files.write(to.resolve(part).resolve(file.getFileName()), Files.readAllBytes(file));
                }
            }
        }
        return to;
    }

    /** Such a copy whose transformer is a single file, {@code flux1-dev.safetensors} in it, with the keys of Black Forest Labs. */
    public static Path ofSingleFile(Path to) throws IOException {
        Path transformer = of(to).resolve("transformer");
        try (Component original = Component.open(FLUX.resolve("transformer"))) {
            try (Stream<Path> files = Files.list(transformer)) {
                for (Path file :
                        files.filter(path -> !path.endsWith("config.json")).toList()) {
                    Files.delete(file);
                }
            }
            BflFile.write(
                    transformer.resolve("flux1-dev.safetensors"),
                    FluxConfig.of(original.config()),
                    original.weights(),
                    Dtype.F32);
        }
        return to;
    }
}
