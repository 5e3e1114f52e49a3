package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What inspect, sample and train say to folders that were made to harm, or broke on the way. */
class HostileFolderTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";
    /** Of zeros, which deflate to a thousandth. */
    private static final int BOMB_MEGABYTES = 400;

    @TempDir
    private Path folder;

    private Path model;
    private Path transformer;

    @BeforeEach
    void copyModel() throws IOException {
        model = ModelCopies.of(folder.resolve("model"));
        transformer = model.resolve("transformer");
    }

    private record Outcome(int code, String text) {}

    private static Outcome call(String name, Callable<Integer> command, List<String> arguments) {
        StringWriter text = new StringWriter();
        CommandLine line =
                Main.commandLine(name, command).setOut(new PrintWriter(text)).setErr(new PrintWriter(text));
        return new Outcome(line.execute(arguments.toArray(String[]::new)), text.toString());
    }

    /** Refused by all three, with these words. */
    private void assertRefused(String... words) throws IOException {
        Path prompts = Files.write(folder.resolve("prompts.txt"), List.of("a", "b", "c", "d", "e", "f"));
        Path pictures = folder.resolve("pictures");
        assertSays(call("inspect", new InspectCommand(), List.of(model.toString(), "--values")), 3, words);
        assertSays(
                call(
                        "sample",
                        new SampleCommand(),
                        List.of("--model", model.toString(), "--prompt", "a", "--out", pictures.toString())),
                2,
                words);
        assertFalse(Files.exists(pictures));
        assertSays(
                call(
                        "train",
                        new TrainCommand(),
                        List.of(
                                "paper",
                                "--model",
                                model.toString(),
                                "--prompts",
                                prompts.toString(),
                                "prompts.perIteration=2",
                                "rollout.images=4",
                                "rollout.width=32",
                                "rollout.height=32",
                                "rewards.jpeg.weight=1",
                                "prompts.textLength=8",
                                "name=hostile")),
                2,
                words);
        assertFalse(Files.exists(Path.of("runs")));
    }

    private static void assertSays(Outcome outcome, int code, String... words) {
        assertEquals(code, outcome.code(), outcome.text());
        assertFalse(outcome.text().contains("\tat "), outcome.text());
        for (String word : words) {
            assertTrue(outcome.text().contains(word), "'%s' in %s".formatted(word, outcome.text()));
        }
    }

    /** Replaces the weights by an index that says they all lie in one file of this name. */
    private void indexOf(String file) throws IOException {
        ObjectNode map = JSON.createObjectNode();
        try (Component original = Component.open(transformer)) {
            original.weights().shapes().keySet().forEach(key -> map.put(key, file));
        }
        Files.delete(transformer.resolve(WEIGHTS));
        JSON.writeValue(
                transformer.resolve(WEIGHTS + ".index.json").toFile(),
                JSON.createObjectNode().set("weight_map", map));
    }

    @Test
    void anIndexThatPointsOutside() throws IOException {
        Files.copy(transformer.resolve(WEIGHTS), folder.resolve(WEIGHTS));
        indexOf("../../" + WEIGHTS);
        assertRefused(WEIGHTS + ".index.json", "expected a weights file beside the index, got '../../" + WEIGHTS);
    }

    @Test
    void aShardThatIsCutShortOrMissing() throws IOException {
        byte[] whole = Files.readAllBytes(transformer.resolve(WEIGHTS));
        indexOf("shard.safetensors");
        assertRefused("shard.safetensors", "no such file");
        Files.write(transformer.resolve("shard.safetensors"), Arrays.copyOf(whole, whole.length / 2));
        assertRefused("shard.safetensors", "bytes behind the header, the file holds", "is the file cut off?");
    }

    @Test
    void weightsThatAreNoNumbers() throws IOException {
        byte[] bytes = Files.readAllBytes(transformer.resolve(WEIGHTS));
        Arrays.fill(bytes, bytes.length - 4, bytes.length, (byte) 0xff);
        Files.write(transformer.resolve(WEIGHTS), bytes);
        assertRefused("1 NaN, 0 infinite");
    }

    @Test
    void aZipThatUnpacksToHundredsOfMegabytes() throws IOException {
        Files.delete(transformer.resolve(WEIGHTS));
        Path bin = transformer.resolve("diffusion_pytorch_model.bin");
        try (OutputStream file = Files.newOutputStream(bin);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            for (int i = 0; i < BOMB_MEGABYTES; i++) {
                zip.write(new byte[1 << 20]);
            }
        }
        assertRefused(bin.toString());
    }

    @Test
    void aSchedulerOrTokenizerThatCannotBeUsed() throws IOException {
        Path scheduler = model.resolve("scheduler/scheduler_config.json");
        byte[] sound = Files.readAllBytes(scheduler);
        ObjectNode karras = (ObjectNode) JSON.readTree(sound);
        JSON.writeValue(scheduler.toFile(), karras.put("use_karras_sigmas", true));
        assertRefused("its scheduler asks for use_karras_sigmas true, which is not supported");
        Files.writeString(scheduler, "{\"shift\": ");
        assertRefused("scheduler_config.json");
        Files.delete(scheduler);
        assertRefused("scheduler_config.json");
        Files.write(scheduler, sound);

        Path tokenizer = model.resolve("tokenizer_2");
        for (String file : Set.of("tokenizer.json", "spiece.model")) {
            Files.delete(tokenizer.resolve(file));
        }
        assertRefused("tokenizer_2: no tokenizer; expected tokenizer.json or spiece.model");
        Files.writeString(
                tokenizer.resolve("tokenizer.json"),
                "{\"added_tokens\":[{\"id\":0,\"content\":\"<pad>\"}],\"model\":{\"type\":\"Unigram\"}}");
        assertRefused("tokenizer.json: not a tokenizer that can be used");
    }

    @Test
    void aModelWithoutAnAutoencoder() throws IOException {
        Path index = model.resolve("model_index.json");
        ObjectNode json = (ObjectNode) JSON.readTree(index.toFile());
        json.remove("vae");
        JSON.writeValue(index.toFile(), json);
        assertRefused("expected a part 'vae', it has");
    }

    @Test
    void aTextEncoderOfWhichAValueIsNoNumber() throws IOException {
        Path part = model.resolve("text_encoder");
        try (Component original = Component.open(part)) {
            ArrayWeights weights = ArrayWeights.copyOf(original.weights());
            weights.arrays().get("text_model.final_layer_norm.bias").values()[2] = Float.NaN;
            Component.write(part, original.config(), weights, Dtype.F32);
        }
        assertRefused("text_encoder/model.safetensors", "'text_model.final_layer_norm.bias': 1 NaN, 0 infinite");
    }
}
