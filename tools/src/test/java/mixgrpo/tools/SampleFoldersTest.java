package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.ClipTextEncoder;
import mixgrpo.models.text.T5Config;
import mixgrpo.models.text.T5Encoder;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ModelFolder.PartClass;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.tools.model.SparseFlux;
import mixgrpo.trainer.pretrain.Initialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command on folders as diffusers writes them, from the words of a prompt to the bytes of a PNG. */
class SampleFoldersTest {

    private static final Path MODELS = GoldenReport.folder("models");
    private static final Path FLUX = MODELS.resolve("flux");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private void sample(List<String> arguments) {
        int code = Main.commandLine("sample", new SampleCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments.toArray(String[]::new));
        assertEquals(0, code, err::toString);
    }

    private Path drawn(String name, List<String> arguments) throws IOException {
        List<String> all = new ArrayList<>(arguments);
        Path to = folder.resolve(name);
        all.addAll(List.of("--out", to.toString(), "--count", "1", "--rng", "torch-cpu"));
        sample(all);
        JsonNode list = JSON.readTree(to.resolve("samples.json").toFile());
        return to.resolve(list.get(list.size() - 1).path("file").asText());
    }

    /** What the script beside the goldens seeds its generators with: 100 times this and an offset for each part. */
    private static long baseSeed() throws IOException {
        try (Stream<Path> files = Files.list(MODELS)) {
            Path variant = files.filter(file -> file.getFileName().toString().matches("variant_\\w+\\.json"))
                    .findFirst()
                    .orElseThrow();
            return 100L * JSON.readTree(variant.toFile()).path("seed").asLong();
        }
    }

    private static List<String> common(JsonNode run, int textLength, int steps, long seed) {
        return List.of(
                "--model",
                FLUX.toString(),
                "--prompt",
                run.path("prompt").get(0).asText(),
                "--text-length",
                String.valueOf(textLength),
                "--size",
                run.path("width").asText() + "x" + run.path("height").asText(),
                "--guidance",
                run.path("guidance").asText(),
                "--steps",
                String.valueOf(steps),
                "--seed",
                String.valueOf(seed));
    }

    /** At most one level apart, and that in at most one of a thousand values. */
    private static void assertSame(String title, float[] expected, Path png) throws IOException {
        BufferedImage picture = ImageIO.read(png.toFile());
        assertEquals(expected.length, 3 * picture.getWidth() * picture.getHeight(), title);
        int differ = 0;
        for (int i = 0; i < expected.length; i++) {
            int packed = picture.getRGB(i / 3 % picture.getWidth(), i / 3 / picture.getWidth());
            double difference = Math.abs(expected[i] - (packed >> 8 * (2 - i % 3) & 0xFF));
            assertTrue(difference <= 1, title + ": off by " + difference + " at " + i);
            differ += difference > 0 ? 1 : 0;
        }
        System.out.printf("goldens PNG of %s: %d of %d bytes differ%n", title, differ, expected.length);
        assertTrue(1000L * differ <= expected.length, title + ": %d bytes differ".formatted(differ));
    }

    /** Runs of one picture; of several, diffusers draws the noise with one generator, which one picture alone cannot have. */
    @Test
    void picturesOfPromptsAreDiffusersToTheByte() throws IOException {
        JsonNode cases =
                JSON.readTree(FLUX.resolve("cases").resolve("pipeline.json").toFile());
        int compared = 0;
        try (WeightsFile goldens = SafetensorsFile.open(FLUX.resolve("cases").resolve("pipeline.safetensors"))) {
            for (int k = 0; k < cases.path("runs").size(); k++) {
                JsonNode run = cases.path("runs").get(k);
                if (run.path("batch").asInt() != 1) {
                    continue;
                }
                List<String> arguments = new ArrayList<>(common(
                        run,
                        cases.path("max_sequence_length").asInt(),
                        run.path("steps").asInt(),
                        baseSeed() + 40 + k));
                if (!run.path("true_cfg").isNull()) {
                    arguments.addAll(List.of(
                            "--negative-prompt",
                            run.path("negative_prompt").get(0).asText(),
                            "--true-cfg",
                            run.path("true_cfg").asText()));
                }
                String name = run.path("name").asText();
                assertSame(name, goldens.floats(name + ".image_uint8"), drawn(name, arguments));
                compared++;
            }
        }
        assertTrue(compared > 0, "no run of one picture");
    }

    @Test
    void hybridPicturesAreTheReferencesToTheByte() throws IOException {
        JsonNode hybrid =
                JSON.readTree(FLUX.resolve("cases").resolve("hybrid.json").toFile());
        assertTrue(hybrid.path("runs").size() > 0, "no runs");
        try (WeightsFile goldens = SafetensorsFile.open(FLUX.resolve("cases").resolve("hybrid.safetensors"))) {
            for (JsonNode run : hybrid.path("runs")) {
                String share = run.path("p").asText().replaceAll("\\.0$", "");
                List<String> arguments = new ArrayList<>(common(
                        hybrid,
                        hybrid.path("max_sequence_length").asInt(),
                        hybrid.path("n").asInt(),
                        baseSeed() + 50));
                arguments.addAll(
                        List.of("--tuned", FLUX.resolve("transformer_tuned").toString(), "--p-mix", share));
                assertSame("p" + share, goldens.floats("p" + share + ".image_uint8"), drawn("p" + share, arguments));
            }
        }
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
            float[] first = pixels(drawn("one-" + golden.getFileName(), arguments));
            assertEquals(3 * 16 * 16, first.length);
            List<String> guided = new ArrayList<>(arguments);
            guided.addAll(List.of("--negative-prompt", "", "--true-cfg", "7"));
            assertFalse(Arrays.equals(first, pixels(drawn("two-" + golden.getFileName(), guided))));
            List<String> other = new ArrayList<>(arguments);
            other.set(3, "two cups");
            assertFalse(Arrays.equals(first, pixels(drawn("three-" + golden.getFileName(), other))));
        }
    }

    private static float[] pixels(Path png) throws IOException {
        return mixgrpo.runtime.image.Image.read(png).rgb();
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
        sample(List.of(
                "--model",
                model.toString(),
                "--tuned",
                model.resolve("transformer").toString(),
                "--prompt",
                "a fox",
                "--dry-run"));
        assertTrue(System.nanoTime() - start < 20e9, "seconds: " + (System.nanoTime() - start) * 1e-9);
        String text = out.toString();
        assertTrue(
                text.contains("28 steps, 1024x1024") && text.contains("p_mix 0.8: the tuned model does 22 of 28"),
                text);
        // 11.9 billion parameters in float32, twice: as they are and packed.
        assertTrue(text.matches("(?s).*95\\.\\d\\d GB  transformer.*95\\.\\d\\d GB  base transformer.*"), text);
    }
}
