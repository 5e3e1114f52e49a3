package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.process.JavaProcess;
import mixgrpo.runtime.text.CachedEncoder;
import mixgrpo.runtime.text.FolderEncoders;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.tools.ModelCopies;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.failure.RunFailedException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class RemoteEncoderTest {

    private static final Path FLUX = Path.of(System.getProperty("goldens"), "models", "flux");
    private static final int LENGTH = 12;
    private static final List<String> PROMPTS = List.of("a red fox", "zwei blaue Tassen \u00e9\u4e2d", "a red fox", "");

    @TempDir
    private Path folder;

    private ModelFolder model;

    @BeforeEach
    void open() throws IOException {
        model = ModelFolder.open(FLUX);
    }

    private CachedEncoder cached(String cache) throws IOException {
        return FolderEncoders.cached(model, LENGTH, EngineKind.ORT_CPU::load, folder.resolve(cache), (done, all) -> {});
    }

    /** A process that fills this folder instead of the user's cache. */
    private Supplier<ProcessBuilder> process(String cache) {
        return () -> {
            ProcessBuilder builder = TextProcess.of(model, EngineKind.ORT_CPU, LENGTH);
            List<String> command = new ArrayList<>(builder.command());
            command.add(
                    command.indexOf(TextProcess.class.getName()),
                    "-Dmixgrpo.cache=" + folder.resolve(cache).getParent());
            return builder.command(command);
        };
    }

    private Supplier<ProcessBuilder> script(String body) {
        return () -> new ProcessBuilder("/bin/sh", "-c", body);
    }

    @Test
    void theEmbeddingsAreThoseOfThisProcessAndAreReadOnce() throws IOException {
        List<Integer> told = new ArrayList<>();
        List<TextEmbedding> expected;
        try (PromptEncoder here = cached("here")) {
            expected = here.encode(PROMPTS, done -> {});
        }
        try (PromptEncoder apart = new RemoteEncoder(cached("apart/text"), process("apart/text"))) {
            apart.prepare(PROMPTS, told::add);
            assertEquals(List.of(2, 3, 4), told); // the one that is there twice counts as done
        }
        try (PromptEncoder again = new RemoteEncoder(cached("apart/text"), script("exit 9"))) {
            List<TextEmbedding> actual = again.encode(PROMPTS, done -> {});
            for (int i = 0; i < PROMPTS.size(); i++) {
                assertArrayEquals(expected.get(i).tokenStates(), actual.get(i).tokenStates());
                assertArrayEquals(expected.get(i).pooled(), actual.get(i).pooled());
            }
        }
    }

    @Test
    void whoseFaultAFailureIsComesBackWithWhatWasSaid() throws IOException {
        String gone = assertThrows(GivenException.class, () -> encode(script("echo a file is broken; exit 2")))
                .getMessage();
        assertEquals("a file is broken", gone);
        assertThrows(EngineUnavailableException.class, () -> encode(script("echo no driver; exit 4")));
        String killed = assertThrows(RunFailedException.class, () -> encode(script("cat > /dev/null; kill -9 $$")))
                .getMessage();
        assertTrue(killed.contains("code 137, so it was killed"), killed);
        String lied = assertThrows(RuntimeException.class, () -> encode(script("cat > /dev/null; echo read 1; exit 3")))
                .getMessage();
        assertTrue(lied.contains("ended with code 3: it said nothing"), lied);
    }

    private void encode(Supplier<ProcessBuilder> process) {
        try (PromptEncoder encoder = new RemoteEncoder(cached("none"), process)) {
            encoder.encode(PROMPTS, done -> {});
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theEngineThatIsAskedForReadsInTheOtherProcess() throws IOException {
        String unread = "read by nobody yet, " + System.nanoTime();
        try (ImageModel flux = ImageModel.open(FLUX.toString());
                PromptEncoder encoder = flux.text().openCached(EngineKind.ORT_CUDA, LENGTH, (done, all) -> {})) {
            String message = assertThrows(
                            EngineUnavailableException.class, () -> encoder.prepare(List.of(unread), done -> {}))
                    .getMessage();
            assertTrue(message.contains("ort-cuda") || message.contains("CUDA"), message);
        }
    }

    /** Weights that disappear between the look at the files and the reading. */
    @Test
    void aProcessThatCannotReadTheModelSaysWhy() throws IOException {
        Path copy = Files.createDirectory(folder.resolve("copy"));
        ProcessBuilder builder =
                JavaProcess.of(TextProcess.class, List.of(copy.toString(), "", EngineKind.ORT_CPU.name(), "" + LENGTH));
        String message =
                assertThrows(GivenException.class, () -> encode(() -> builder)).getMessage();
        assertTrue(message.contains("model_index.json"), message);
    }

    @Test
    void weightsThatAreNoNumbersComeBackAsTheUsersMistake() throws IOException {
        Path copy = ModelCopies.of(folder.resolve("copy"));
        try (Component original = Component.open(copy.resolve("text_encoder_2"))) {
            ArrayWeights weights = ArrayWeights.copyOf(original.weights());
            weights.arrays().values().forEach(array -> array.values()[1] = Float.POSITIVE_INFINITY);
            Component.write(copy.resolve("text_encoder_2"), original.config(), weights, Dtype.F32);
        }
        model = ModelFolder.open(copy);
        try (PromptEncoder apart = new RemoteEncoder(cached("apart/text"), process("apart/text"))) {
            String message = assertThrows(GivenException.class, () -> apart.prepare(PROMPTS, done -> {}))
                    .getMessage();
            assertTrue(message.contains("T5 (text_encoder_2)"), message);
            assertTrue(message.contains("'encoder.final_layer_norm.weight': 0 NaN, 1 infinite"), message);
            assertTrue(message.startsWith("T5 (text_encoder_2): " + copy.resolve("text_encoder_2")), message);
            assertEquals(3, cached("apart/text").missing(PROMPTS).size());
        }
    }
}
