package mixgrpo.runtime.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.WeightsFile;
import org.junit.jupiter.api.Test;

/** First latents of the golden runs by their seeds. */
class TorchNoiseGoldensTest {

    private static final Path MODELS = Path.of(System.getProperty("goldens"), "models");

    /** Torch's vector code and ours differ by a few units in the last place of a float32 around 4, which is 5e-7. */
    private static final float TOLERANCE = 2e-6f;

    /** What the script beside the goldens adds to 100 times its base seed for the pipeline's runs and for the hybrid's. */
    private static final int PIPELINE_OFFSET = 40;

    private static final int HYBRID_OFFSET = 50;

    private static long baseSeed() throws IOException {
        try (Stream<Path> files = Files.list(MODELS)) {
            List<Path> variants = files.filter(
                            file -> file.getFileName().toString().matches("variant_\\w+\\.json"))
                    .toList();
            assertEquals(1, variants.size(), () -> "expected the goldens of one variant, found " + variants);
            return 100L * json(variants.get(0)).path("seed").asLong();
        }
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    @Test
    void latentsOfEveryPipelineRunAreTorchs() throws IOException {
        Path cases = MODELS.resolve("flux").resolve("cases");
        JsonNode runs = json(cases.resolve("pipeline.json")).path("runs");
        assertTrue(runs.size() > 0, "no runs");
        try (WeightsFile file = SafetensorsFile.open(cases.resolve("pipeline.safetensors"))) {
            for (int k = 0; k < runs.size(); k++) {
                String name = runs.get(k).path("name").asText() + ".initial_latents_unpacked";
                float[] expected = file.floats(name);
                float[] drawn = new float[expected.length];
                new TorchCpuGenerator(baseSeed() + PIPELINE_OFFSET + k).normals(drawn);
                assertArrayEquals(expected, drawn, TOLERANCE, name);
            }
        }
    }

    @Test
    void latentsOfTheHybridRunsAreTorchs() throws IOException {
        Path cases = MODELS.resolve("flux").resolve("cases");
        JsonNode hybrid = json(cases.resolve("hybrid.json"));
        try (WeightsFile file = SafetensorsFile.open(cases.resolve("hybrid.safetensors"))) {
            float[] expected = file.floats("initial_latents");
            int channels = (int) file.shapes().get("initial_latents")[2] / 4;
            int pixels = expected.length / channels;
            int height = hybrid.path("height").asInt();
            int width = hybrid.path("width").asInt();
            int stride = (int) Math.round(Math.sqrt((double) height * width / pixels));
            float[] drawn = new float[expected.length];
            new TorchCpuGenerator(baseSeed() + HYBRID_OFFSET).normals(drawn);
            float[] packed = new LatentPacking(channels, height / stride, width / stride).pack(drawn);
            assertArrayEquals(expected, packed, TOLERANCE);
        }
    }
}
