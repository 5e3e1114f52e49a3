package mixgrpo.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mixgrpo.models.weights.ModelFolder.PartClass;
import mixgrpo.models.weights.SafetensorsTest.ArrayWeights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ModelFolderTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private final ArrayWeights weights = ArrayWeights.random(21);

    @Test
    void whatIsWrittenIsOpenedAgain() throws IOException {
        JsonNode config = JSON.readTree("{\"_class_name\": \"FluxTransformer2DModel\", \"axes_dims_rope\": [4, 6, 6]}");
        Map<String, PartClass> parts = Map.of("transformer", new PartClass("diffusers", "FluxTransformer2DModel"));
        ModelFolder.writeIndex(folder, "FluxPipeline", parts);
        Component.write(folder.resolve("transformer"), config, weights, Dtype.F32);
        ModelFolder model = ModelFolder.open(folder);
        assertEquals("FluxPipeline", model.pipeline());
        assertEquals(parts, model.parts());
        try (Component transformer = model.open("transformer")) {
            assertEquals(config, transformer.config());
            assertEquals(
                    "diffusion_pytorch_model.safetensors",
                    transformer.weights().path().getFileName().toString());
            assertEquals(Map.of("format", "pt"), transformer.weights().metadata());
            assertArrayEquals(
                    weights.floats("proj.weight"), transformer.weights().floats("proj.weight"));
        }
    }

    @Test
    void jsonIsWrittenAsPythonDoes() throws IOException {
        JsonNode config = JSON.readTree("{\"a\": [1, 2], \"b\": {\"c\": null}, \"d\": [], \"e\": {}, \"f\": 1e-06}");
        Component.write(folder, config, weights, Dtype.F16);
        assertEquals(
                """
                {
                  "a": [
                    1,
                    2
                  ],
                  "b": {
                    "c": null
                  },
                  "d": [],
                  "e": {},
                  "f": 1.0E-6
                }
                """,
                Files.readString(folder.resolve("config.json")));
        assertTrue(Files.exists(folder.resolve("model.safetensors")), "transformers' name, as there is no _class_name");
    }

    @Test
    void partsThatAreAbsentAreLeftOut() throws IOException {
        Files.createDirectory(folder.resolve("vae"));
        Files.writeString(
                folder.resolve("model_index.json"),
                """
                {"_class_name": "FluxPipeline", "image_encoder": [null, null], "force_zeros": true,
                 "vae": ["diffusers", "AutoencoderKL"]}""");
        ModelFolder model = ModelFolder.open(folder);
        assertEquals(Map.of("vae", new PartClass("diffusers", "AutoencoderKL")), model.parts());
        String message = assertThrows(IOException.class, () -> model.open("image_encoder"))
                .getMessage();
        assertTrue(message.contains("expected a part 'image_encoder', it has [vae]"), message);
    }

    @Test
    void anIndexThatCannotBeUsedNamesAllThatIsWrong() throws IOException {
        assertTrue(assertThrows(IOException.class, () -> ModelFolder.open(folder))
                .getMessage()
                .contains("no model_index.json"));
        Files.writeString(
                folder.resolve("model_index.json"),
                """
                {"vae": ["diffusers", "AutoencoderKL"], "../secret": ["a", "b"], "unet": ["diffusers", 1]}""");
        String message =
                assertThrows(IOException.class, () -> ModelFolder.open(folder)).getMessage();
        assertTrue(message.contains("4 problems"), message);
        assertTrue(message.contains("_class_name"), message);
        assertTrue(message.contains("'vae': its folder is missing"), message);
        assertTrue(message.contains("'../secret': expected a folder's name"), message);
        assertTrue(message.contains("'unet': expected a folder's name and [library, class]"), message);
    }

    @Test
    void aVariantIsReadWhereAPartHasIt() throws IOException {
        JsonNode config = JSON.readTree("{\"_class_name\": \"AutoencoderKL\"}");
        Map<String, PartClass> parts = Map.of(
                "transformer", new PartClass("diffusers", "FluxTransformer2DModel"),
                "vae", new PartClass("diffusers", "AutoencoderKL"));
        ModelFolder.writeIndex(folder, "FluxPipeline", parts);
        for (String part : parts.keySet()) {
            Component.write(folder.resolve(part), config, weights, Dtype.F32);
        }
        Path half = folder.resolve("transformer").resolve("diffusion_pytorch_model.fp16.safetensors");
        SafetensorsWriter.write(half, weights, Dtype.F16, Map.of());
        ModelFolder plain = ModelFolder.open(folder);
        assertEquals(List.of(), plain.partsWithoutVariant());
        ModelFolder chosen = ModelFolder.open(folder, "fp16");
        assertEquals(List.of("vae"), chosen.partsWithoutVariant());
        try (Component ofPlain = plain.open("transformer");
                Component ofHalf = chosen.open("transformer");
                Component vae = chosen.open("vae")) {
            assertEquals(Dtype.F32, ofPlain.weights().dtypes().get("proj.weight"));
            assertEquals(half, ofHalf.weights().path());
            assertEquals(Dtype.F16, ofHalf.weights().dtypes().get("proj.weight"));
            assertEquals(Dtype.F32, vae.weights().dtypes().get("proj.weight"));
        }
        String message = assertThrows(IOException.class, () -> ModelFolder.open(folder, "bf16"))
                .getMessage();
        assertTrue(message.startsWith(folder + ": expected weights of the variant 'bf16'"), message);
        assertTrue(message.contains("transformer: plain, fp16") && message.contains("vae: plain"), message);
    }

    static Stream<Arguments> choices() {
        String plain = "diffusion_pytorch_model.safetensors";
        String half = "diffusion_pytorch_model.fp16.safetensors";
        return Stream.of(
                arguments("", List.of(plain, half), plain),
                arguments("fp16", List.of(plain, half), half),
                arguments("bf16", List.of(plain, half), plain),
                arguments("", List.of(half), half),
                arguments("", List.of("model.safetensors"), "model.safetensors"),
                arguments(
                        "",
                        List.of("model.safetensors", "pytorch_model.bin", "flax_model.msgpack"),
                        "model.safetensors"),
                arguments(
                        "",
                        List.of("model.fp32.safetensors", "model.fp16.safetensors"),
                        "no plain weights, only the variants [fp16, fp32]"),
                arguments("bf16", List.of("model.fp16.safetensors"), "no 'bf16' weights, only the variants [fp16]"),
                arguments(
                        "", List.of("flax_model.msgpack"), "no weights; expected diffusion_pytorch_model.safetensors"),
                arguments(
                        "", List.of("model-00001-of-00002.safetensors"), "the folder holds [config.json, model-00001"));
    }

    @ParameterizedTest
    @MethodSource("choices")
    void weightsAreChosenByVariant(String variant, List<String> files, String expected) throws IOException {
        Files.writeString(folder.resolve("config.json"), "{}");
        for (String file : files) {
            SafetensorsWriter.write(folder.resolve(file), weights, Dtype.F16, Map.of());
        }
        if (expected.contains(" ")) {
            String message = assertThrows(IOException.class, () -> Component.open(folder, variant))
                    .getMessage();
            assertTrue(message.contains(expected), message);
        } else {
            try (Component component = Component.open(folder, variant)) {
                assertEquals(folder.resolve(expected), component.weights().path());
            }
        }
    }

    @Test
    void shardedVariantsAreFound() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{}");
        ArrayWeights one = new ArrayWeights(Map.of("a", new long[] {1}), Map.of("a", new float[] {1}));
        SafetensorsWriter.write(folder.resolve("model.fp16-00001-of-00001.safetensors"), one, Dtype.F16, Map.of());
        Files.writeString(
                folder.resolve("model.safetensors.index.fp16.json"),
                "{\"weight_map\":{\"a\":\"model.fp16-00001-of-00001.safetensors\"}}");
        try (Component component = Component.open(folder, "fp16")) {
            assertArrayEquals(new float[] {1}, component.weights().floats("a"));
        }
    }

    @Test
    void weightsUnderAnotherNameAreNotLeftBeside() throws IOException {
        Files.writeString(folder.resolve("diffusion_pytorch_model.safetensors.index.json"), "{}");
        String message = assertThrows(
                        IOException.class,
                        () -> Component.write(folder, JSON.readTree("{\"_class_name\": \"X\"}"), weights, Dtype.F32))
                .getMessage();
        assertTrue(message.contains("holds other weights"), message);
    }

    @Test
    void aMissingConfigIsNamed() {
        String message =
                assertThrows(IOException.class, () -> Component.open(folder)).getMessage();
        assertEquals(folder.resolve("config.json") + ": no such file", message);
    }
}
