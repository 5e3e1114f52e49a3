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
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
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
    void keysWithoutPrefixAreUnderstood() throws IOException {
        for (String layer : List.of("x_embedder", "norm_out.linear", "single_transformer_blocks.3.attn.to_q")) {
            LoraFile file = LoraFile.read(write(pair(layer, Lora.A, Lora.B, 4, 3, 2), Map.of()));
            assertEquals(LoraFormat.DIFFUSERS, file.format(), layer);
            assertEquals(Set.of(layer), file.lora().modules().keySet());
        }
        Map<String, String> bfl = Map.of(
                "img_in", "x_embedder",
                "double_blocks.2.txt_mlp.2", "transformer_blocks.2.ff_context.net.2",
                "final_layer.linear", "proj_out");
        for (Map.Entry<String, String> layer : bfl.entrySet()) {
            LoraFile file = LoraFile.read(write(pair(layer.getKey(), Lora.A, Lora.B, 4, 3, 2), Map.of()));
            assertEquals(LoraFormat.BFL, file.format(), layer.getKey());
            assertEquals(Set.of(layer.getValue()), file.lora().modules().keySet());
        }
    }

    /** Every linear layer of both transformers, whose paths are read from their definitions. */
    @Test
    void oneTrainersUnderscoresAreReadInOneWay() throws IOException {
        Set<String> layers = new TreeSet<>();
        for (String golden : List.of("flux/transformer", "sd3/sd3/transformer", "sd3/sd35_medium/transformer")) {
            try (Component transformer =
                    Component.open(GoldenReport.folder("models").resolve(golden))) {
                transformer.weights().shapes().forEach((key, shape) -> {
                    if (key.endsWith(".weight") && shape.length == 2) {
                        layers.add(key.replaceFirst("\\.weight$", ""));
                    }
                });
            }
        }
        assertTrue(layers.size() > 50, layers::toString);
        Map<String, Array> arrays = new LinkedHashMap<>();
        for (String layer : layers) {
            String name = "lora_transformer_" + layer.replace('.', '_');
            arrays.putAll(pair(name, ".lora_down.weight", ".lora_up.weight", 4, 3, 2));
            arrays.put(name + ".alpha", Array.of(new float[] {1}));
        }
        LoraFile file = LoraFile.read(write(arrays, Map.of()));
        assertEquals(LoraFormat.ONE_TRAINER, file.format());
        assertEquals(LoraFile.Alpha.ARRAYS, file.alpha());
        assertEquals(layers, file.lora().modules().keySet());
        file.lora().modules().forEach((layer, factors) -> assertEquals(.5, factors.scale(), layer));
    }

    @Test
    void adaptersOfTextEncodersAreLeftOutAndCounted() throws IOException {
        Map<String, Array> kohya =
                pair("lora_unet_single_blocks_0_linear2", ".lora_down.weight", ".lora_up.weight", 4, 3, 2);
        Map<String, Array> text = new LinkedHashMap<>(kohya);
        for (String encoder : List.of("lora_te1_text_model_encoder_layers_0_mlp_fc1", "lora_te_x", "lora_te2_y")) {
            text.putAll(pair(encoder, ".lora_down.weight", ".lora_up.weight", 4, 3, 2));
            text.put(encoder + ".alpha", Array.of(new float[] {1}));
        }
        assertPart(kohya, text, 9);
        Map<String, Array> withText = new LinkedHashMap<>(diffusers());
        for (String encoder : List.of("text_encoder.text_model.encoder.layers.0.mlp.fc1", "text_encoder_2.x.y")) {
            withText.putAll(pair(encoder, Lora.A, Lora.B, 4, 3, 2));
        }
        assertPart(diffusers(), withText, 4);
    }

    private void assertPart(Map<String, Array> transformer, Map<String, Array> all, int textArrays) throws IOException {
        LoraFile expected = LoraFile.read(write(transformer, Map.of()));
        assertEquals(Optional.empty(), expected.remark());
        LoraFile file = LoraFile.read(write(all, Map.of()));
        assertEquals(textArrays, file.textArrays());
        String remark = file.remark().orElseThrow();
        assertTrue(remark.contains(": %d of its arrays are adapters of text encoders".formatted(textArrays)), remark);
        assertEquals(expected.lora().modules().keySet(), file.lora().modules().keySet());
        expected.lora()
                .modules()
                .forEach((layer, factors) -> assertArrayEquals(
                        factors.b().values(),
                        file.lora().modules().get(layer).b().values(),
                        layer));
    }

    @Test
    void keysOfNoKnownFormatAreShownWithThoseThatAre() throws IOException {
        Map<String, Array> arrays = pair("unet.conv_in", ".lora_A.weight", ".lora_B.weight", 4, 3, 2);
        String message = assertThrows(IOException.class, () -> LoraFile.read(write(arrays, Map.of())))
                .getMessage();
        for (LoraFormat format : LoraFormat.values()) {
            assertTrue(message.contains(format.title() + " ("), message);
        }
        assertTrue(
                message.contains(
                        "the first keys that are not are 'unet.conv_in.lora_A.weight', 'unet.conv_in.lora_B.weight'"),
                message);
    }

    @Test
    void peftsAlphaMayStandInArrays() throws IOException {
        String layer = "base_model.model.transformer_blocks.0.attn.to_q";
        Map<String, Array> arrays = pair(layer, Lora.A, Lora.B, 4, 3, 2);
        arrays.put(layer + ".alpha", Array.of(new float[] {1}));
        LoraFile file = LoraFile.read(write(arrays, Map.of()));
        assertEquals(LoraFile.Alpha.ARRAYS, file.alpha());
        assertEquals(.5, file.lora().modules().values().iterator().next().scale());
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
                        "text encoders alone",
                        Map.of(
                                "lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight",
                                matrix(1, 2),
                                "text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_A.weight",
                                matrix(1, 2)),
                        "got arrays of text encoders alone (2)"),
                arguments(
                        "dots or underscores",
                        with("lora_transformer_no__path.alpha"),
                        "1 of its 3 arrays are not A, B or alpha"),
                arguments("DoRA", with(LAYER + ".lora_magnitude_vector"), "only LoRA is supported"),
                arguments("LoKr", with("lora_unet_double_blocks_0_img_mod_lin.lokr_w1"), "only LoRA is supported"),
                arguments("bias", with(LAYER + ".lora_B.bias"), "biases are not supported"),
                arguments("XLabs", with("double_blocks.0.processor.qkv_lora1.down.weight"), "layout of XLabs"),
                arguments("two formats", with("lora_unet_single_blocks_0_linear2.lora_down.weight"), "several formats"),
                arguments("unknown", with("unet.conv_in.weight"), "not A, B or alpha of a layer of a transformer"),
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
    void aLayerThatNoTransformerHasIsNamed() throws IOException {
        Path file = write(
                pair("lora_unet_double_blocks_0_img_nothing", ".lora_down.weight", ".lora_up.weight", 4, 3, 1),
                Map.of());
        String message =
                assertThrows(IOException.class, () -> LoraFile.read(file)).getMessage();
        assertTrue(message.contains("'double_blocks_0_img_nothing': no linear layer of FLUX.1 or SD3"), message);
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
        assertRefused(peft, "keep alpha in adapter_config.json beside the file, and there is none");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertRefused(empty, "expected one of pytorch_lora_weights.safetensors");
    }

    private static void assertRefused(Path path, String reason) {
        String message =
                assertThrows(IOException.class, () -> LoraFile.read(path)).getMessage();
        assertTrue(message.contains(path.getParent().toString()) && message.contains(reason), message);
    }
}
