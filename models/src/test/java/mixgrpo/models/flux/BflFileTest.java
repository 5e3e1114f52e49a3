package mixgrpo.models.flux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.WeightsFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No file by other hands is at hand: the rules are diffusers' converter's, and the round trip through them is exact. */
class BflFileTest {

    @TempDir
    Path folder;

    private Component transformer;
    private FluxConfig config;
    private Path single;

    @BeforeEach
    void write() throws IOException {
        transformer = Component.open(GoldenReport.folder("models", "flux").resolve("transformer"));
        config = FluxConfig.of(transformer.config());
        single = folder.resolve("flux1.safetensors");
        BflFile.write(single, config, transformer.weights(), Dtype.F32);
    }

    @AfterEach
    void close() {
        transformer.close();
    }

    @Test
    void thereAndBackIsTheSameFile() throws IOException {
        for (Dtype dtype : List.of(Dtype.F32, Dtype.BF16, Dtype.F16)) {
            Path original = folder.resolve("original.safetensors");
            SafetensorsWriter.write(original, transformer.weights(), dtype, Map.of("format", "pt"));
            Path back = folder.resolve("back.safetensors");
            try (WeightsFile diffusers = SafetensorsFile.open(original)) {
                BflFile.write(single, config, diffusers, dtype);
            }
            try (WeightsFile file = SafetensorsFile.open(single)) {
                BflFile bfl = BflFile.of(file);
                assertEquals(config, bfl.config());
                assertEquals(List.of(), bfl.others());
                SafetensorsWriter.write(back, bfl.weights(), dtype, Map.of("format", "pt"));
            }
            assertEquals(-1, Files.mismatch(original, back), dtype.toString());
        }
    }

    @Test
    void fusedLayersLieAsTheReferenceHasThem() throws IOException {
        int dim = config.dim();
        int last = config.numLayers() - 1;
        int lastSingle = config.numSingleLayers() - 1;
        try (WeightsFile file = SafetensorsFile.open(single)) {
            assertTrue(file.shapes().keySet().stream().noneMatch(key -> key.contains("transformer_blocks")));
            rows(
                    "transformer_blocks.%d.attn.to_k.weight".formatted(last),
                    file,
                    "double_blocks.%d.img_attn.qkv.weight".formatted(last),
                    dim);
            rows("transformer_blocks.0.attn.add_v_proj.bias", file, "double_blocks.0.txt_attn.qkv.bias", 2 * dim);
            rows(
                    "single_transformer_blocks.%d.attn.to_v.weight".formatted(lastSingle),
                    file,
                    "single_blocks.%d.linear1.weight".formatted(lastSingle),
                    2 * dim);
            rows(
                    "single_transformer_blocks.%d.proj_mlp.weight".formatted(lastSingle),
                    file,
                    "single_blocks.%d.linear1.weight".formatted(lastSingle),
                    3 * dim);
            rows(
                    "transformer_blocks.0.attn.norm_added_q.weight",
                    file,
                    "double_blocks.0.txt_attn.norm.query_norm.scale",
                    0);
            float[] ours = transformer.weights().floats("norm_out.linear.bias");
            float[] theirs = file.floats("final_layer.adaLN_modulation.1.bias");
            assertArrayEquals(Arrays.copyOfRange(ours, 0, dim), Arrays.copyOfRange(theirs, dim, 2 * dim), "scale");
            assertArrayEquals(Arrays.copyOfRange(ours, dim, 2 * dim), Arrays.copyOfRange(theirs, 0, dim), "shift");
        }
    }

    /** The whole of diffusers' array stands in BFL's from this row on. */
    private void rows(String ours, WeightsFile file, String theirs, int firstRow) {
        float[] expected = transformer.weights().floats(ours);
        long[] shape = transformer.weights().shapes().get(ours);
        int start = firstRow * (shape.length == 1 ? 1 : (int) shape[1]);
        assertArrayEquals(expected, Arrays.copyOfRange(file.floats(theirs), start, start + expected.length), theirs);
    }

    @Test
    void anAllInOneCheckpointGivesItsTransformerAndNamesTheRest() throws IOException {
        Map<String, Array> all = new LinkedHashMap<>();
        all.put("vae.decoder.conv_in.weight", Array.of(new float[4], 4));
        try (WeightsFile file = SafetensorsFile.open(single)) {
            ArrayWeights.copyOf(file).arrays().forEach((key, array) -> all.put("model.diffusion_model." + key, array));
            Path whole = folder.resolve("all.safetensors");
            SafetensorsWriter.write(whole, new ArrayWeights(all), Dtype.F32, file.metadata());
            try (WeightsFile opened = SafetensorsFile.open(whole)) {
                BflFile bfl = BflFile.of(opened);
                assertEquals(List.of("vae.decoder.conv_in.weight"), bfl.others());
                transformer.weights().shapes().forEach((key, shape) -> {
                    assertArrayEquals(shape, bfl.weights().shapes().get(key), key);
                    assertArrayEquals(
                            transformer.weights().floats(key), bfl.weights().floats(key), key);
                });
            }
        }
    }

    @Test
    void allThatIsWrongIsNamedTogether() throws IOException {
        Map<String, Array> arrays = new LinkedHashMap<>();
        Map<String, String> metadata;
        try (WeightsFile file = SafetensorsFile.open(single)) {
            arrays.putAll(ArrayWeights.copyOf(file).arrays());
            metadata = file.metadata();
        }
        arrays.remove("single_blocks.0.linear2.bias");
        arrays.put("double_blocks.0.img_mod.lin.bias", Array.of(new float[3], 3));
        arrays.put("distilled_guidance_layer.norms.0.scale", Array.of(new float[3], 3));
        String message = refusal(arrays, metadata);
        for (String part : List.of(
                "3 problems",
                "missing 'single_blocks.0.linear2.bias'",
                "'double_blocks.0.img_mod.lin.bias': expected shape [%d], got [3]".formatted(6 * config.dim()),
                "unexpected 'distilled_guidance_layer.norms.0.scale'")) {
            assertTrue(message.contains(part), message);
        }
        arrays.remove("img_in.weight");
        message = refusal(arrays, metadata);
        assertTrue(message.contains("its sizes are unknown without img_in.weight, which is missing"), message);
    }

    @Test
    void unusualHeadsNeedTheirAxes() throws IOException {
        Map<String, Array> arrays;
        try (WeightsFile file = SafetensorsFile.open(single)) {
            arrays = ArrayWeights.copyOf(file).arrays();
        }
        for (Map<String, String> metadata : List.of(Map.<String, String>of(), Map.of("axes_dims_rope", "many"))) {
            String message = refusal(arrays, metadata);
            assertTrue(message.contains("expected axes_dims_rope in the header's metadata"), message);
        }
    }

    private String refusal(Map<String, Array> arrays, Map<String, String> metadata) throws IOException {
        Path broken = folder.resolve("broken.safetensors");
        SafetensorsWriter.write(broken, new ArrayWeights(arrays), Dtype.F32, metadata);
        try (WeightsFile file = SafetensorsFile.open(broken)) {
            return assertThrows(IllegalArgumentException.class, () -> BflFile.of(file))
                    .getMessage();
        }
    }
}
