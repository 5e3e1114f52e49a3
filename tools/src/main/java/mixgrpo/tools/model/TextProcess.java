package mixgrpo.tools.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.process.JavaProcess;
import mixgrpo.runtime.text.FolderEncoders;
import mixgrpo.runtime.text.PromptEncoder;

/**
 * A process that reads prompts by the encoders of a model folder, leaves their embeddings in the cache and ends, and the encoders' memory with
 * it. Prompts come as a JSON list on standard input; how many are read goes to standard output, {@value #READ} and a number a line;
 * every other line says what went wrong.
 */
final class TextProcess {

    static final String READ = "read ";
    static final int GIVEN = 2;
    static final int UNAVAILABLE = 4;

    private TextProcess() {}

    /** One that is not started yet. */
    static ProcessBuilder of(ModelFolder folder, EngineKind engine, int length) {
        return JavaProcess.of(
                TextProcess.class,
                List.of(
                        folder.path().toAbsolutePath().toString(),
                        folder.variant(),
                        engine.name(),
                        String.valueOf(length)));
    }

    /** @param arguments folder, variant, engine, tokens of a prompt */
    public static void main(String[] arguments) throws IOException {
        Locale.setDefault(Locale.ROOT);
        List<String> prompts = List.of(new ObjectMapper().readValue(System.in, String[].class));
        try {
            ModelFolder folder = ModelFolder.open(Path.of(arguments[0]), arguments[1]);
            read(folder, EngineKind.valueOf(arguments[2]), Integer.parseInt(arguments[3]), prompts);
        } catch (EngineUnavailableException e) {
            end(UNAVAILABLE, e);
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            end(GIVEN, e);
        }
    }

    private static void read(ModelFolder folder, EngineKind engine, int length, List<String> prompts)
            throws IOException {
        try (PromptEncoder encoder =
                FolderEncoders.cached(folder, length, engine::load, CacheFolder.text(), (done, all) -> {})) {
            encoder.prepare(prompts, TextProcess::tell);
        }
    }

    private static void tell(int done) {
        System.out.println(READ + done);
        if (System.out.checkError()) { // nobody waits any more
            Runtime.getRuntime().halt(1);
        }
    }

    private static void end(int code, Exception failure) {
        System.out.println(failure.getMessage());
        System.exit(code);
    }
}
