package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.ClipTextEncoder;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.text.T5Encoder;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ModelFolder.PartClass;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.EngineLoader;
import mixgrpo.runtime.text.FolderEncoders;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.text.TextEmbedding;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An SD3 folder of small random encoders with the goldens' tokenizers, which no golden covers, and embeddings in files. */
class FolderEncodersTest {

    private static final Path FLUX = GoldenReport.folder("models", "flux");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private final Map<String, PartClass> parts = new LinkedHashMap<>();
    private final Map<String, Weights> weights = new LinkedHashMap<>();
    private final Map<String, JsonNode> configs = new LinkedHashMap<>();
    private JsonNode golden;
    private int clipLength;
    private int t5Length;

    @BeforeEach
    void writeFolder() throws IOException {
        JsonNode tokenizers =
                JSON.readTree(FLUX.resolve("cases").resolve("tokenizers.json").toFile());
        golden = tokenizers.path("prompts").path(0);
        clipLength = tokenizers.path("clip_max_length").asInt();
        t5Length = tokenizers.path("max_sequence_length").asInt();
        writeEncoder("text_encoder", clip("quick_gelu", 12, 8), 1);
        writeEncoder("text_encoder_2", clip("gelu", 16, 6), 2);
        writeEncoder("text_encoder_3", t5(40), 3);
        writeTokenizer("tokenizer", "tokenizer");
        writeTokenizer("tokenizer", "tokenizer_2");
        writeTokenizer("tokenizer_2", "tokenizer_3");
        ModelFolder.writeJson(
                folder,
                "transformer",
                "config.json",
                JSON.createObjectNode()
                        .put("_class_name", "SD3Transformer2DModel")
                        .put("joint_attention_dim", 48));
        parts.put("transformer", new PartClass("diffusers", "SD3Transformer2DModel"));
    }

    private static ObjectNode clip(String activation, int width, int projection) throws IOException {
        ObjectNode config = (ObjectNode) JSON.readTree(
                FLUX.resolve("text_encoder").resolve("config.json").toFile());
        config.putArray("architectures").add("CLIPTextModelWithProjection");
        return config.put("hidden_act", activation).put("hidden_size", width).put("projection_dim", projection);
    }

    private static ObjectNode t5(int width) throws IOException {
        ObjectNode config = (ObjectNode) JSON.readTree(
                FLUX.resolve("text_encoder_2").resolve("config.json").toFile());
        return config.put("d_model", width);
    }

    private void writeEncoder(String part, JsonNode config, long seed) throws IOException {
        Weights random = RandomWeights.of(Inventory.parameters(network(config)), seed);
        Component.write(folder.resolve(part), config, random, Dtype.F32);
        weights.put(part, random);
        configs.put(part, config);
        parts.put(
                part,
                new PartClass(
                        "transformers", config.path("architectures").path(0).asText()));
    }

    private static Network network(JsonNode config) {
        return config.has("d_model") ? T5Encoder.of(T5Config.of(config)) : ClipTextEncoder.of(ClipConfig.of(config));
    }

    private void writeTokenizer(String source, String part) throws IOException {
        Files.createDirectories(folder.resolve(part));
        try (Stream<Path> files = Files.list(FLUX.resolve(source))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(part).resolve(file.getFileName()));
            }
        }
        parts.put(
                part, new PartClass("transformers", source.equals("tokenizer") ? "CLIPTokenizer" : "T5TokenizerFast"));
    }

    private ModelFolder open(String pipeline) throws IOException {
        ModelFolder.writeIndex(folder, pipeline, parts);
        return ModelFolder.open(folder);
    }

    private Map<String, Array> run(String part, String ids) throws IOException {
        int[][] rows = {JSON.treeToValue(golden.get(ids), int[].class)};
        JsonNode config = configs.get(part);
        Map<String, Array> inputs = config.has("d_model")
                ? T5Encoder.inputs(T5Config.of(config), rows)
                : ClipTextEncoder.inputs(ClipConfig.of(config), rows);
        return OnnxRunner.run(network(config), OnnxOptions.ort(), inputs, weights.get(part));
    }

    @Test
    void sd3JoinsBothClipsAndT5() throws IOException {
        int width = 40;
        try (PromptEncoder encoder =
                FolderEncoders.open(open("StableDiffusion3Pipeline"), t5Length, OnnxRunner::load)) {
            assertEquals(List.of(clipLength + t5Length, width, 14), sizes(encoder));
            assertEquals(encoder.length(), FolderEncoders.positions(open("StableDiffusion3Pipeline"), t5Length));
            TextEmbedding embedding = encoder.encode(golden.path("prompt").textValue());
            float[] expected = new float[(clipLength + t5Length) * width];
            place(expected, width, 0, 0, run("text_encoder", "clip_ids").get("penultimate"));
            place(expected, width, 0, 12, run("text_encoder_2", "clip_ids").get("penultimate"));
            place(
                    expected,
                    width,
                    clipLength,
                    0,
                    run("text_encoder_3", "t5_ids").get("last_hidden_state"));
            assertArrayEquals(
                    expected, embedding.states(), 1e-5f); // batches of one in both; sums may run in another order
            assertArrayEquals(pooled(), embedding.pooled(), 1e-5f);
        }
    }

    @Test
    void sd3WithoutT5HasZerosThereAsManyAsClipHasTokens() throws IOException {
        parts.remove("text_encoder_3");
        int width = 48;
        try (PromptEncoder encoder =
                FolderEncoders.open(open("StableDiffusion3Pipeline"), t5Length, OnnxRunner::load)) {
            assertEquals(List.of(2 * clipLength, width, 14), sizes(encoder));
            TextEmbedding embedding = encoder.encode(golden.path("prompt").textValue());
            float[] expected = new float[2 * clipLength * width];
            place(expected, width, 0, 0, run("text_encoder", "clip_ids").get("penultimate"));
            place(expected, width, 0, 12, run("text_encoder_2", "clip_ids").get("penultimate"));
            assertArrayEquals(expected, embedding.states(), 1e-5f);
            assertArrayEquals(pooled(), embedding.pooled(), 1e-5f);
        }
    }

    private static List<Integer> sizes(PromptEncoder encoder) {
        return List.of(encoder.length(), encoder.width(), encoder.pooledWidth());
    }

    /** Puts {@code states [1, tokens, C]} at a token and channel of {@code all [tokens, width]}. */
    private static void place(float[] all, int width, int token, int channel, Array states) {
        int channels = (int) states.shape()[2];
        for (int i = 0; i < states.values().length; i++) {
            all[(token + i / channels) * width + channel + i % channels] = states.values()[i];
        }
    }

    private float[] pooled() throws IOException {
        float[] first = run("text_encoder", "clip_ids").get("text_embeds").values();
        float[] second = run("text_encoder_2", "clip_ids").get("text_embeds").values();
        float[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    @Test
    void whatDoesNotFitIsNamed() throws IOException {
        refuses(
                "StableDiffusionXLPipeline",
                t5Length,
                "FluxPipeline or StableDiffusion3Pipeline",
                "StableDiffusionXLPipeline");
        refuses("StableDiffusion3Pipeline", 513, "text length", "2..512", "513");
        parts.put("tokenizer_3", new PartClass("transformers", "LlamaTokenizer"));
        refuses(
                "StableDiffusion3Pipeline",
                t5Length,
                "tokenizer_3",
                "T5Tokenizer or T5TokenizerFast",
                "LlamaTokenizer");
        ObjectNode plain = clip("gelu", 16, 6);
        plain.putArray("architectures").add("CLIPTextModel");
        JSON.writeValue(folder.resolve("text_encoder_2").resolve("config.json").toFile(), plain);
        refuses("StableDiffusion3Pipeline", t5Length, "text_encoder_2", "CLIPTextModelWithProjection");
        JSON.writeValue(folder.resolve("text_encoder_2").resolve("config.json").toFile(), clip("swish", 16, 6));
        refuses("StableDiffusion3Pipeline", t5Length, "text_encoder_2", "hidden_act", "quick_gelu", "swish");
    }

    private void refuses(String pipeline, int length, String... words) throws IOException {
        ModelFolder model = open(pipeline);
        Exception refusal = assertThrows(Exception.class, () -> FolderEncoders.open(model, length, OnnxRunner::load));
        for (String word : words) {
            assertTrue(refusal.getMessage().contains(word), refusal.getMessage());
        }
    }

    @Test
    void filesSpareTheEncodersUntilTheseChange(@TempDir Path cache) throws IOException {
        List<String> loaded = new ArrayList<>();
        EngineLoader engines = (name, network, given) -> {
            loaded.add(name);
            return OnnxRunner.load(name, network, given);
        };
        ModelFolder model = open("StableDiffusion3Pipeline");
        List<Integer> progress = new ArrayList<>();
        List<TextEmbedding> first;
        try (PromptEncoder encoder = FolderEncoders.cached(model, t5Length, engines, cache, ReadProgress.UNWATCHED)) {
            assertEquals(List.of(), loaded);
            first = encoder.encode(List.of("a cat", "", "a cat"), progress::add);
            assertEquals(List.of("text_encoder", "text_encoder_2", "text_encoder_3"), loaded);
            assertEquals(List.of(2, 3), progress);
        }
        loaded.clear();
        try (PromptEncoder encoder = FolderEncoders.cached(model, t5Length, engines, cache, ReadProgress.UNWATCHED)) {
            List<TextEmbedding> again = encoder.encode(List.of("", "a cat"), progress::add);
            assertEquals(List.of(), loaded);
            assertArrayEquals(first.get(1).states(), again.get(0).states());
            assertArrayEquals(first.get(0).states(), again.get(1).states());
            assertArrayEquals(first.get(0).pooled(), again.get(1).pooled());
            encoder.encode("a dog");
            assertEquals(3, loaded.size());
        }
        loaded.clear();
        try (PromptEncoder longer =
                FolderEncoders.cached(model, t5Length + 1, engines, cache, ReadProgress.UNWATCHED)) {
            longer.encode("a cat");
            assertEquals(3, loaded.size());
        }
        loaded.clear();
        writeEncoder("text_encoder", configs.get("text_encoder"), 99);
        try (PromptEncoder other = FolderEncoders.cached(model, t5Length, engines, cache, ReadProgress.UNWATCHED)) {
            TextEmbedding changed = other.encode("a cat");
            assertEquals(3, loaded.size());
            assertTrue(changed.pooled()[0] != first.get(0).pooled()[0]);
        }
    }

    /** A warning is what {@code slf4j-simple} prints. */
    @Test
    void lostWordsAreToldOnceByEveryEncoderThatCutsAlsoFromFiles(@TempDir Path cache) throws IOException {
        ModelFolder model = open("StableDiffusion3Pipeline");
        String prompt = "a fox " + "jumps ".repeat(2 * clipLength) + "HOME";
        for (int run = 0; run < 2; run++) {
            try (PromptEncoder encoder =
                    FolderEncoders.cached(model, t5Length, OnnxRunner::load, cache, ReadProgress.UNWATCHED)) {
                String warnings = printed(() -> encoder.encode(List.of(prompt, "a cat", prompt), done -> {}));
                for (String part : List.of("CLIP (text_encoder)", "CLIP (text_encoder_2)", "T5 (text_encoder_3)")) {
                    assertEquals(1, warnings.split(Pattern.quote(part), -1).length - 1, warnings);
                }
                assertTrue(warnings.contains("1 of 3 prompts") && warnings.contains("jumps HOME'"), warnings);
                assertEquals("", printed(() -> encoder.encode(prompt)));
            }
        }
    }

    private static String printed(Runnable action) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void foreignFileInTheCacheIsRefused(@TempDir Path cache) throws IOException {
        ModelFolder model = open("StableDiffusion3Pipeline");
        try (PromptEncoder encoder =
                FolderEncoders.cached(model, t5Length, OnnxRunner::load, cache, ReadProgress.UNWATCHED)) {
            encoder.encode(List.of("a cat", "a dog"), done -> {});
            List<Path> files = embeddings(cache);
            assertEquals(2, files.size());
            Files.copy(files.get(0), files.get(1), StandardCopyOption.REPLACE_EXISTING);
            Exception refusal =
                    assertThrows(Exception.class, () -> encoder.encode(List.of("a cat", "a dog"), done -> {}));
            assertTrue(refusal.getMessage().contains("delete the file"), refusal.getMessage());
        }
    }

    @Test
    void valuesThatAreNoNumbersAreRefusedAndNotKept(@TempDir Path cache) throws IOException {
        String part = "text_encoder_2";
        ArrayWeights sound = ArrayWeights.copyOf(weights.get(part));
        // A bias goes into every token's state.
        String key = sound.shapes().keySet().stream()
                .filter(name -> name.endsWith("fc2.bias"))
                .findFirst()
                .orElseThrow();
        sound.arrays().get(key).values()[1] = Float.NaN;
        Component.write(folder.resolve(part), configs.get(part), sound, Dtype.F32);
        String message = refusedPrompt(cache);
        for (String word : List.of("CLIP (text_encoder_2)", "model.safetensors", "'" + key + "': 1 NaN, 0 infinite")) {
            assertTrue(message.contains(word), message);
        }
        sound.arrays().get(key).values()[1] = Float.MAX_VALUE; // squared by the norm that follows
        Arrays.fill(sound.arrays().get(key).values(), Float.MAX_VALUE);
        Component.write(folder.resolve(part), configs.get(part), sound, Dtype.F32);
        message = refusedPrompt(cache);
        for (String word :
                List.of("CLIP (text_encoder_2)", "'a cat'", "overflows on this prompt", "Leave the prompt")) {
            assertTrue(message.contains(word), message);
        }
    }

    /** What is said of it; and there is no file then. */
    private String refusedPrompt(Path cache) throws IOException {
        ModelFolder model = open("StableDiffusion3Pipeline");
        try (PromptEncoder encoder =
                FolderEncoders.cached(model, t5Length, OnnxRunner::load, cache, ReadProgress.UNWATCHED)) {
            String message = assertThrows(
                            IllegalArgumentException.class, () -> encoder.prepare(List.of("a cat"), done -> {}))
                    .getMessage();
            assertEquals(List.of(), embeddings(cache));
            return message;
        }
    }

    private static List<Path> embeddings(Path cache) throws IOException {
        try (Stream<Path> all = Files.walk(cache)) {
            return all.filter(file -> file.toString().endsWith(".safetensors")).toList();
        }
    }

    @Test
    void aFileInTheCacheWithoutNumbersIsRefused(@TempDir Path cache) throws IOException {
        ModelFolder model = open("StableDiffusion3Pipeline");
        try (PromptEncoder encoder =
                FolderEncoders.cached(model, t5Length, OnnxRunner::load, cache, ReadProgress.UNWATCHED)) {
            encoder.encode("a cat");
            Path file = embeddings(cache).get(0);
            byte[] bytes = Files.readAllBytes(file);
            Arrays.fill(bytes, bytes.length - 4, bytes.length, (byte) 0xff);
            Files.write(file, bytes);
            String message =
                    assertThrows(Exception.class, () -> encoder.encode("a cat")).getMessage();
            assertTrue(message.contains("no numbers; delete the file"), message);
            Files.delete(file);
            encoder.encode("a cat");
        }
    }
}
