package mixgrpo.runtime.noise;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import mixgrpo.models.Array;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.NoiseSeeds;
import mixgrpo.models.vae.VaeConfig;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.WeightsFile;
import org.junit.jupiter.api.Test;

/** First latents of the golden runs by their seeds. */
class TorchNoiseGoldensTest {

    private static final Path FLUX = GoldenReport.folder("models", "flux");
    private static final Path CASES = FLUX.resolve("cases");

    /** Torch's vector code and ours differ by a few units in the last place of a float32 around 4, which is 5e-7. */
    private static final double TOLERANCE = 2e-6;

    @Test
    void latentsOfEveryRunAreTorchs() throws IOException {
        NoiseSeeds seeds = NoiseSeeds.open();
        GoldenReport report = new GoldenReport("TorchNoise");
        JsonNode runs = json("pipeline.json").path("runs");
        assertTrue(runs.size() > 0, "no runs of the pipeline");
        try (WeightsFile file = SafetensorsFile.open(CASES.resolve("pipeline.safetensors"))) {
            for (int k = 0; k < runs.size(); k++) {
                String name = runs.get(k).path("name").asText() + ".initial_latents_unpacked";
                Array expected = array(file, name);
                float[] drawn = new float[expected.values().length];
                new TorchCpuGenerator(seeds.pipelineRun(k)).normals(drawn);
                report.compare(name, expected, new Array(expected.shape(), drawn), TOLERANCE);
            }
        }
        try (WeightsFile file = SafetensorsFile.open(CASES.resolve("hybrid.safetensors"))) {
            Array expected = array(file, "initial_latents");
            report.compare("hybrid initial_latents", expected, hybrid(expected.shape(), seeds.hybrid()), TOLERANCE);
        }
        report.print();
    }

    /** Tokens of latents that were drawn unpacked, the whole batch at once. */
    private static Array hybrid(long[] shape, long seed) throws IOException {
        int images = Math.toIntExact(shape[0]);
        LatentPacking packing = hybridPacking();
        int elements = packing.elements();
        float[] drawn = new float[images * elements];
        new TorchCpuGenerator(seed).normals(drawn);
        for (int i = 0; i < images; i++) {
            float[] image = Arrays.copyOfRange(drawn, i * elements, (i + 1) * elements);
            System.arraycopy(packing.pack(image), 0, drawn, i * elements, elements);
        }
        return Array.of(drawn, images, packing.tokens(), packing.tokenElements());
    }

    /** Of the pictures' size, which the pipeline rounds down to whole tokens. */
    private static LatentPacking hybridPacking() throws IOException {
        JsonNode hybrid = json("hybrid.json");
        try (Component component = Component.open(FLUX.resolve("vae"))) {
            VaeConfig vae = VaeConfig.of(component.config());
            int token = 2 * vae.stride();
            return new LatentPacking(
                    vae.latentChannels(),
                    2 * (hybrid.path("height").asInt() / token),
                    2 * (hybrid.path("width").asInt() / token));
        }
    }

    private static JsonNode json(String name) throws IOException {
        return new ObjectMapper().readTree(CASES.resolve(name).toFile());
    }

    private static Array array(WeightsFile file, String name) {
        return new Array(file.shapes().get(name), file.floats(name));
    }
}
