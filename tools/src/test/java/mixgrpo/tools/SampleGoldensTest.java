package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.NoiseSeeds;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.WeightsFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command on the golden FLUX folder, from the words of a prompt and a seed to the bytes of a PNG. */
class SampleGoldensTest {

    private static final Path FLUX = GoldenReport.folder("models", "flux");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private SampleCall call;

    @BeforeEach
    void prepareCalls() {
        call = new SampleCall(folder);
    }

    /** @param shape of the pictures, {@code [B, H, W, 3]}: their size after the pipeline rounded it down to whole tokens */
    private static List<String> common(JsonNode run, long[] shape, int textLength, int steps, long seed) {
        return List.of(
                "--model",
                FLUX.toString(),
                "--prompt",
                run.path("prompt").get(0).asText(),
                "--text-length",
                String.valueOf(textLength),
                "--size",
                shape[2] + "x" + shape[1],
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
        NoiseSeeds seeds = NoiseSeeds.open();
        int compared = 0;
        try (WeightsFile goldens = SafetensorsFile.open(FLUX.resolve("cases").resolve("pipeline.safetensors"))) {
            for (int k = 0; k < cases.path("runs").size(); k++) {
                JsonNode run = cases.path("runs").get(k);
                if (run.path("batch").asInt() != 1) {
                    continue;
                }
                String name = run.path("name").asText();
                List<String> arguments = new ArrayList<>(common(
                        run,
                        goldens.shapes().get(name + ".image_uint8"),
                        cases.path("max_sequence_length").asInt(),
                        run.path("steps").asInt(),
                        seeds.pipelineRun(k)));
                if (!run.path("true_cfg").isNull()) {
                    arguments.addAll(List.of(
                            "--negative-prompt",
                            run.path("negative_prompt").get(0).asText(),
                            "--true-cfg",
                            run.path("true_cfg").asText()));
                }
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
        NoiseSeeds seeds = NoiseSeeds.open();
        try (WeightsFile goldens = SafetensorsFile.open(FLUX.resolve("cases").resolve("hybrid.safetensors"))) {
            for (JsonNode run : hybrid.path("runs")) {
                String share = run.path("p").asText().replaceAll("\\.0$", "");
                List<String> arguments = new ArrayList<>(common(
                        hybrid,
                        goldens.shapes().get("p" + share + ".image_uint8"),
                        hybrid.path("max_sequence_length").asInt(),
                        hybrid.path("n").asInt(),
                        seeds.hybrid()));
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
