package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.WeightsFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command on the golden FLUX folder, from the words of a prompt and a seed to the bytes of a PNG. */
class SampleGoldensTest {

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
                assertSame(name, goldens.floats(name + ".image_uint8"), call.picture(name, arguments));
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
                assertSame(
                        "p" + share,
                        goldens.floats("p" + share + ".image_uint8"),
                        call.picture("p" + share, arguments));
            }
        }
    }
}
