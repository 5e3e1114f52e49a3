package mixgrpo.models.lora;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mixgrpo.models.Array;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the fixtures have no file of. */
class LoraFileTest {

    private static final String LAYER = "transformer.transformer_blocks.0.attn.to_q";

    @TempDir
    Path folder;

    private static Array matrix(int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = i + 1;
        }
        return Array.of(values, rows, columns);
    }

    private static Map<String, Array> pair(String layer, String a, String b, int out, int in, int rank) {
        Map<String, Array> pair = new LinkedHashMap<>();
        pair.put(layer + a, matrix(rank, in));
        pair.put(layer + b, matrix(out, rank));
        return pair;
    }

    private static Map<String, Array> diffusers() {
        return pair(LAYER, Lora.A, Lora.B, 4, 3, 2);
    }

    private Path write(Map<String, Array> arrays, Map<String, String> metadata) throws IOException {
        Path file = folder.resolve("lora.safetensors");
        SafetensorsWriter.write(file, new ArrayWeights(arrays), Dtype.F32, metadata);
        return file;
    }

    @Test
    void halvesOfTheLastModulationAreExchangedAsInTheWeights() throws IOException {
        Map<String, Array> arrays =
                pair("lora_unet_final_layer_adaLN_modulation_1", ".lora_down.weight", ".lora_up.weight", 4, 3, 1);
        arrays.put("lora_unet_final_layer_adaLN_modulation_1.alpha", Array.of(new float[] {.5f}));
        LoraFactors factors =
                LoraFile.read(write(arrays, Map.of())).lora().modules().get("norm_out.linear");
        assertArrayEquals(new float[] {3, 4, 1, 2}, factors.b().values());
        assertEquals(.5, factors.scale());
    }

    @Test
    void comfyNamesAreUnderstood() throws IOException {
        LoraFile file = LoraFile.read(
                write(pair("diffusion_model.single_blocks.3.linear1", Lora.A, Lora.B, 7 * 2, 2, 1), Map.of()));
        assertEquals(LoraFormat.BFL, file.format());
        assertEquals(LoraFile.Alpha.RANK, file.alpha());
        String block = "single_transformer_blocks.3.";
        assertEquals(
                List.of(block + "attn.to_q", block + "attn.to_k", block + "attn.to_v", block + "proj_mlp"),
                List.copyOf(file.lora().modules().keySet()));
        assertArrayEquals(
                new float[] {5, 6},
                file.lora().modules().get(block + "attn.to_v").b().values());
        assertEquals(8, file.lora().modules().get(block + "proj_mlp").out());
    }

    @Test
    void ranksAndAlphasThatDifferSurviveWriting() throws IOException {
        Map<String, LoraFactors> modules = new LinkedHashMap<>();
        modules.put("transformer_blocks.0.attn.to_q", new LoraFactors(matrix(2, 3), matrix(4, 2), 4));
        modules.put("transformer_blocks.0.attn.to_k", new LoraFactors(matrix(2, 3), matrix(4, 2), 4));
        modules.put("transformer_blocks.1.attn.to_k", new LoraFactors(matrix(1, 3), matrix(4, 1), .5));
        Path file = folder.resolve("mixed.safetensors");
        LoraFile.write(file, new Lora(modules), Dtype.F32);
        Lora again = LoraFile.read(file).lora();
        modules.forEach((layer, factors) -> {
            assertEquals(factors.scale(), again.modules().get(layer).scale(), layer);
            assertArrayEquals(
                    factors.b().values(), again.modules().get(layer).b().values(), layer);
        });
    }

    @Test
    void rankStabilisedScalesAreDividedByTheRoot() throws IOException {
        String metadata =
                "{\"transformer.lora_alpha\":8,\"transformer.r\":2,\"transformer.use_rslora\":true,\"transformer.alpha_pattern\":{\"attn.to_k\":1}}";
        Lora lora = LoraFile.read(write(diffusers(), Map.of(AdapterConfig.FIELD, metadata)))
                .lora();
        assertEquals(8 / Math.sqrt(2), lora.modules().values().iterator().next().scale());
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                arguments("nothing", Map.of(), "got no arrays"),
                arguments("only A", Map.of(LAYER + Lora.A, matrix(2, 3)), "its B is missing"),
                arguments(
                        "misshapen",
                        Map.of(LAYER + Lora.A, matrix(2, 3), LAYER + Lora.B, matrix(4, 3)),
                        "expected A [rank"),
                arguments(
                        "text encoder",
                        with("lora_te1_text_model_encoder.lora_down.weight"),
                        "text encoders are not supported"),
                arguments("DoRA", with(LAYER + ".lora_magnitude_vector"), "only LoRA is supported"),
                arguments("LoKr", with("lora_unet_double_blocks_0_img_mod_lin.lokr_w1"), "only LoRA is supported"),
                arguments("bias", with(LAYER + ".lora_B.bias"), "biases are not supported"),
                arguments("XLabs", with("double_blocks.0.processor.qkv_lora1.down.weight"), "layout of XLabs"),
                arguments("two formats", with("lora_unet_single_blocks_0_linear2.lora_down.weight"), "several formats"),
                arguments("unknown", with("unet.conv_in.weight"), "expected A, B or alpha of a layer"),
                arguments(
                        "NaN",
                        Map.of(
                                LAYER + Lora.A,
                                matrix(2, 3),
                                LAYER + Lora.B,
                                Array.of(new float[] {Float.NaN, 1}, 1, 2)),
                        "1 NaN, 0 infinite"));
    }

    private static Map<String, Array> with(String key) {
        Map<String, Array> arrays = diffusers();
        arrays.put(key, Array.of(new float[1], 1));
        return arrays;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void whatIsNoPlainLoraIsRefusedWithItsReason(String name, Map<String, Array> arrays, String reason)
            throws IOException {
        Path file = write(arrays, Map.of());
        String message =
                assertThrows(IOException.class, () -> LoraFile.read(file)).getMessage();
        assertTrue(message.startsWith(file.toString()) && message.contains(reason), message);
    }

    @Test
    void aLayerThatFluxLacksIsNamed() throws IOException {
        Path file = write(
                pair("lora_unet_double_blocks_0_img_nothing", ".lora_down.weight", ".lora_up.weight", 4, 3, 1),
                Map.of());
        String message =
                assertThrows(IOException.class, () -> LoraFile.read(file)).getMessage();
        assertTrue(message.contains("'double_blocks_0_img_nothing': no layer of FLUX.1"), message);
    }

    @Test
    void aConfigurationThatContradictsOrIsMissingIsRefused() throws IOException {
        Map<String, Array> arrays = diffusers();
        arrays.put(LAYER + ".alpha", Array.of(new float[] {1}));
        assertRefused(
                write(arrays, Map.of(AdapterConfig.FIELD, "{\"transformer.lora_alpha\":8}")),
                "alpha stands in arrays and");
        assertRefused(
                write(diffusers(), Map.of(AdapterConfig.FIELD, "{}")), "expected a number in transformer.lora_alpha");
        assertRefused(write(diffusers(), Map.of(AdapterConfig.FIELD, "{")), "not valid JSON");
        assertRefused(
                write(
                        diffusers(),
                        Map.of(AdapterConfig.FIELD, "{\"transformer.lora_alpha\":8,\"transformer.use_dora\":true}")),
                "use_dora are not supported");
        assertRefused(
                write(
                        diffusers(),
                        Map.of(
                                AdapterConfig.FIELD,
                                "{\"transformer.lora_alpha\":8,\"transformer.alpha_pattern\":{\"(a+)+\":1}}")),
                "alpha_pattern: expected paths");
        Path peft = write(pair("base_model.model.to_q", Lora.A, Lora.B, 4, 3, 1), Map.of());
        assertRefused(peft, "adapter_config.json: no such file");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertRefused(empty, "expected one of pytorch_lora_weights.safetensors");
    }

    private static void assertRefused(Path path, String reason) {
        String message =
                assertThrows(IOException.class, () -> LoraFile.read(path)).getMessage();
        assertTrue(message.contains(path.getParent().toString()) && message.contains(reason), message);
    }
}
