package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.LoraCase;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.ClipTextEncoder;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.text.T5Encoder;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ModelFolder.PartClass;
import mixgrpo.runtime.image.Image;
import mixgrpo.tools.model.SparseFlux;
import mixgrpo.trainer.pretrain.Initialization;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command on folders that no golden covers. */
class SampleFoldersTest {

    private static final Path MODELS = GoldenReport.folder("models");
    private static final Path FLUX = MODELS.resolve("flux");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private SampleCall call;

    @BeforeEach
    void prepareCalls() {
        call = new SampleCall(folder);
    }

    /** The golden transformer and autoencoder with random encoders: that it runs, and that every part has its say. */
    @Test
    void stableDiffusion3FoldersDraw() throws IOException {
        for (Path golden : sd3Folders()) {
            Path model = Files.createDirectories(folder.resolve(golden.getFileName()));
            Map<String, PartClass> parts = new LinkedHashMap<>();
            writeParts(model, golden, parts);
            ModelFolder.writeIndex(model, "StableDiffusion3Pipeline", parts);
            List<String> arguments = List.of(
                    "--model",
                    model.toString(),
                    "--prompt",
                    "a red fox",
                    "--size",
                    "16x16",
                    "--steps",
                    "3",
                    "--text-length",
                    "8");
            float[] first = pixels(call.picture("one-" + golden.getFileName(), arguments));
            assertEquals(3 * 16 * 16, first.length);
            // diffusers' pipeline has guidance_scale 7 and an empty negative prompt where nobody says otherwise.
            List<String> guided = new ArrayList<>(arguments);
            guided.addAll(List.of("--negative-prompt", "", "--true-cfg", "7"));
            assertArrayEquals(first, pixels(call.picture("two-" + golden.getFileName(), guided)));
            List<String> unguided = new ArrayList<>(arguments);
            unguided.addAll(List.of("--true-cfg", "1"));
            assertFalse(Arrays.equals(first, pixels(call.picture("four-" + golden.getFileName(), unguided))));
            List<String> avoiding = new ArrayList<>(arguments);
            avoiding.addAll(List.of("--negative-prompt", "two cups"));
            assertFalse(Arrays.equals(first, pixels(call.picture("five-" + golden.getFileName(), avoiding))));
            List<String> other = new ArrayList<>(arguments);
            other.set(3, "two cups");
            assertFalse(Arrays.equals(first, pixels(call.picture("three-" + golden.getFileName(), other))));
        }
    }

    private static float[] pixels(Path png) throws IOException {
        return Image.read(png).rgb();
    }

    private static List<Path> sd3Folders() throws IOException {
        try (Stream<Path> folders = Files.list(MODELS.resolve("sd3"))) {
            return folders.filter(Files::isDirectory).sorted().toList();
        }
    }

    private static void writeParts(Path model, Path golden, Map<String, PartClass> parts) throws IOException {
        copy(golden.resolve("transformer"), model.resolve("transformer"));
        parts.put("transformer", new PartClass("diffusers", "SD3Transformer2DModel"));
        JsonNode config = JSON.readTree(
                golden.resolve("transformer").resolve("config.json").toFile());
        copy(FLUX.resolve("vae"), model.resolve("vae"));
        parts.put("vae", new PartClass("diffusers", "AutoencoderKL"));
        ObjectNode scheduler = JSON.createObjectNode().put("shift", 3.0).put("use_dynamic_shifting", false);
        ModelFolder.writeJson(model, "scheduler", "scheduler_config.json", scheduler);
        parts.put("scheduler", new PartClass("diffusers", "FlowMatchEulerDiscreteScheduler"));
        int pooled = config.path("pooled_projection_dim").asInt();
        int width = config.path("joint_attention_dim").asInt();
        encoder(model, "text_encoder", clip("quick_gelu", width / 4 * 2, pooled / 2), 1, parts);
        encoder(model, "text_encoder_2", clip("gelu", width / 4 * 2, pooled - pooled / 2), 2, parts);
        ObjectNode t5 = (ObjectNode) JSON.readTree(
                FLUX.resolve("text_encoder_2").resolve("config.json").toFile());
        encoder(model, "text_encoder_3", t5.put("d_model", width), 3, parts);
        for (int i = 0; i < 3; i++) {
            String part = i == 0 ? "tokenizer" : "tokenizer_" + (i + 1);
            copy(FLUX.resolve(i == 2 ? "tokenizer_2" : "tokenizer"), model.resolve(part));
            parts.put(part, new PartClass("transformers", i == 2 ? "T5TokenizerFast" : "CLIPTokenizer"));
        }
    }

    private static ObjectNode clip(String activation, int width, int projection) throws IOException {
        ObjectNode config = (ObjectNode) JSON.readTree(
                FLUX.resolve("text_encoder").resolve("config.json").toFile());
        config.putArray("architectures").add("CLIPTextModelWithProjection");
        return config.put("hidden_act", activation).put("hidden_size", width).put("projection_dim", projection);
    }

    private static void encoder(Path model, String part, ObjectNode config, long seed, Map<String, PartClass> parts)
            throws IOException {
        Network network =
                config.has("d_model") ? T5Encoder.of(T5Config.of(config)) : ClipTextEncoder.of(ClipConfig.of(config));
        Component.write(
                model.resolve(part),
                config,
                new Initialization(Inventory.parameters(network), key -> false, seed),
                Dtype.F32);
        parts.put(
                part,
                new PartClass(
                        "transformers", config.path("architectures").path(0).asText()));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    /** Twelve billion parameters in sparse files: only headers are read. */
    @Test
    void aDryRunOfALargeModelReadsNoWeights() throws IOException {
        Path model = SparseFlux.write(Files.createDirectory(folder.resolve("large")));
        long start = System.nanoTime();
        String text = call.printed(List.of(
                "--model",
                model.toString(),
                "--tuned",
                model.resolve("transformer").toString(),
                "--prompt",
                "a fox",
                "--dry-run"));
        assertTrue(System.nanoTime() - start < 20e9, "seconds: " + (System.nanoTime() - start) * 1e-9);
        assertTrue(
                text.contains("28 steps, 1024x1024") && text.contains("p_mix 0.8: the tuned model does 22 of 28"),
                text);
        // 11.9 billion parameters in float32, twice: as they are and packed.
        assertTrue(text.matches("(?s).*95\\.\\d\\d GB  transformer.*95\\.\\d\\d GB  base transformer.*"), text);
    }

    @Test
    void adaptersGivenAsTunedWeightsAreToldTheirOption() throws IOException {
        for (Path file : LoraCase.files()) {
            String said = call.refusal(
                    List.of("--model", FLUX.toString(), "--tuned", file.toString(), "--prompt", "a", "--dry-run"));
            assertTrue(said.contains("they are given by --lora " + file), said);
            assertFalse(said.contains("missing"), said);
        }
    }
}
