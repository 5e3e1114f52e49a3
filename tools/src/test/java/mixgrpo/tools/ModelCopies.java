package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.models.goldens.GoldenReport;

/** Copies of the golden FLUX folder, to be changed by a test. */
final class ModelCopies {

    static final Path FLUX = GoldenReport.folder("models", "flux");

    private ModelCopies() {}

    /** All of the folder that {@code model_index.json} names. */
    static Path of(Path to) throws IOException {
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
}
