package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.stream.IntStream;
import java.util.stream.Stream;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.flux.BflFile;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.LoraCase;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFactors;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.SparseFlux;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {

    private static final Path FLUX = GoldenReport.folder("models", "flux");

    private StringWriter out;
    private StringWriter err;

    @TempDir
    private Path folder;

    @BeforeEach
    void clear() {
        out = new StringWriter();
        err = new StringWriter();
    }

    private int inspect(Object... arguments) {
        clear();
        return Main.commandLine("inspect", new InspectCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    }

    private JsonNode json(Object... arguments) throws IOException {
        assertEquals(0, inspect(arguments), () -> out.toString() + err);
        return new ObjectMapper().readTree(out.toString());
    }

    private static long count(Map<String, long[]> shapes) {
        return shapes.values().stream()
                .mapToLong(shape -> Arrays.stream(shape).reduce(1, Math::multiplyExact))
                .sum();
    }

    @Test
    void aModelFolderIsListedPartByPart() throws IOException {
        JsonNode found = json(FLUX, "--json", "--values");
        assertEquals("FluxPipeline", found.path("kind").asText());
        try (Component transformer = Component.open(FLUX.resolve("transformer"))) {
            JsonNode part = part(found, "transformer");
            assertEquals(
                    count(transformer.weights().shapes()),
                    part.path("parameters").asLong());
            assertEquals(
                    part.path("parameters").asLong(),
                    part.path("dtypes").path("F32").asLong());
            assertEquals(0, part.path("problems").size());
        }
        assertTrue(part(found, "text_encoder_2").path("parameters").asLong() > 0);
        assertEquals(0, part(found, "tokenizer").path("arrays").asLong());
        assertTrue(found.path("remarks").toString().contains("transformer_tuned: a folder that"), found::toString);
        for (String precision : List.of("fp32", "bf16", "fp16")) {
            JsonNode needs = found.path("memory").path(precision);
            assertEquals(precision.equals("fp32"), needs.path("on_cpu").asBoolean());
            assertTrue(
                    needs.path("sample").asLong() > 0
                            && needs.path("train_lora").asLong() > 0,
                    needs::toString);
            assertTrue(needs.path("exported_files").asLong() > 0
                    && needs.path("export").asLong() > 0);
        }
        assertEquals(0, inspect(FLUX));
        assertTrue(out.toString().contains("train LoRA"), out::toString);
        assertTrue(out.toString().matches("(?s).* fp32 +bf16\\* +fp16\\*\\R.*\\* not on a CPU\\R.*"), out::toString);
    }

    /** One definition: what the commands' own plans say. */
    @Test
    void memoryIsWhatTheCommandsPlan() throws IOException {
        Path model = SparseFlux.write(folder);
        JsonNode needs = json(model, "--json").path("memory").path("fp32");
        assertTrue(needs.path("train_full").asLong() > needs.path("train_lora").asLong(), needs::toString);
        List<String> texts = IntStream.range(0, 40).mapToObj(i -> i + " foxes").toList();
        String prompts = Files.write(folder.resolve("prompts.txt"), texts).toString();
        String drawn =
                new SampleCall(folder).printed(List.of("--model", model.toString(), "--prompts", prompts, "--dry-run"));
        assertEquals(gigabytes(drawn), needs.path("sample").asLong() / 1e9, 0.005);
        for (String mode : List.of("lora", "full")) {
            StringWriter text = new StringWriter();
            Main.commandLine("train", new TrainCommand())
                    .setOut(new PrintWriter(text))
                    .setErr(new PrintWriter(text))
                    .execute(
                            "paper",
                            "--model",
                            model.toString(),
                            "--prompts",
                            prompts,
                            "rewards.jpeg.weight=1",
                            "--dry-run",
                            "train.mode=" + mode);
            assertEquals(gigabytes(text.toString()), needs.path("train_" + mode).asLong() / 1e9, 0.005, text::toString);
        }
    }

    private static double gigabytes(String plan) {
        return plan.lines()
                .filter(line -> line.endsWith(" GB  in all"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9.]", "")))
                .findFirst()
                .orElseThrow(() -> new AssertionError(plan));
    }

    private static JsonNode part(JsonNode found, String name) {
        for (JsonNode part : found.path("parts")) {
            if (part.path("name").asText().equals(name)) {
                return part;
            }
        }
        throw new AssertionError("no part " + name + " in " + found);
    }

    @Test
    void everyContainerOfTheFixturesIsUnderstood() throws IOException {
        try (Stream<Path> containers = Files.list(GoldenReport.folder("models", "checkpoint-formats"))) {
            for (Path container : containers.filter(Files::isDirectory).toList()) {
                JsonNode found = json(container, "--json", "--tensors");
                assertEquals("FluxTransformer2DModel", found.path("kind").asText());
                JsonNode part = found.path("parts").path(0);
                assertEquals(part.path("arrays").asInt(), part.path("tensors").size());
                try (Component opened = Component.open(container)) {
                    JsonNode single = json(opened.weights().path(), "--json");
                    assertEquals(
                            part.path("parameters"),
                            single.path("parts").path(0).path("parameters"));
                }
            }
        }
    }

    @Test
    void loraFilesSayTheirFormatAndWhetherTheyFit() throws IOException {
        for (Path file : LoraCase.files()) {
            LoraFile lora = LoraFile.read(file);
            assertEquals(0, inspect(file, "--base", FLUX), () -> out.toString() + err);
            assertTrue(out.toString().contains("LoRA (" + lora.format().title()), out::toString);
            assertTrue(out.toString().contains("fits the transformer of --base"), out::toString);
        }
        assertEquals(0, inspect(LoraCase.folder().resolve("peft")));
        assertTrue(out.toString().contains("LoRA (peft"), out::toString);

        Map<String, LoraFactors> wrong = new LinkedHashMap<>();
        LoraFactors factors = new LoraFactors(Array.of(new float[3], 1, 3), Array.of(new float[5], 5, 1), 1);
        wrong.put("transformer_blocks.0.attn.to_q", factors);
        wrong.put("transformer_blocks.999.attn.to_q", factors);
        Path other = folder.resolve("other.safetensors");
        LoraFile.write(other, new Lora(wrong), Dtype.F32);
        assertEquals(3, inspect(other, "--base", FLUX.resolve("transformer")));
        for (String part :
                List.of("2 problems", "got one for [5, 3]", "999.attn.to_q': the network has no such layer")) {
            assertTrue(out.toString().contains(part), out::toString);
        }
        assertTrue(out.toString().contains("base: FLUX.1 or SD3, which its layers' names do not tell apart, width 3"));
        assertEquals(0, inspect(LoraCase.folder().resolve("kohya.safetensors")));
        assertTrue(out.toString().contains("base: FLUX.1, by its layers' names"), out::toString);
        LoraFile.write(other, new Lora(Map.of("transformer_blocks.0.attn2.to_q", factors)), Dtype.F32);
        assertEquals(0, inspect(other));
        assertTrue(out.toString().contains("base: SD3, by its layers' names, width 3"), out::toString);
    }

    @Test
    void aVariantThatNoPartHasIsRefusedWithThoseThatThereAre() {
        assertEquals(2, inspect(FLUX, "--variant", "bf16"));
        assertTrue(err.toString().contains("expected weights of the variant 'bf16'"), err::toString);
        assertTrue(err.toString().contains("transformer: plain"), err::toString);
    }

    @Test
    void aSingleFileTransformerIsRecognised() throws IOException {
        Path file = folder.resolve("flux1.safetensors");
        try (Component transformer = Component.open(FLUX.resolve("transformer"))) {
            BflFile.write(file, FluxConfig.of(transformer.config()), transformer.weights(), Dtype.BF16);
            JsonNode found = json(file, "--json");
            assertTrue(found.path("kind").asText().startsWith("FLUX.1 transformer in one file"), found::toString);
            assertEquals(
                    count(transformer.weights().shapes()),
                    found.path("parts").path(0).path("parameters").asLong());
            assertTrue(found.has("memory"), found::toString);
        }
    }

    @Test
    void whatCannotBeUsedIsNamedWithCodeThree() throws IOException {
        Path broken = Files.createDirectory(folder.resolve("model"));
        Files.writeString(
                broken.resolve("model_index.json"),
                "{\"_class_name\":\"FluxPipeline\",\"transformer\":[\"diffusers\",\"FluxTransformer2DModel\"],"
                        + "\"controlnet\":[\"diffusers\",\"FluxControlNetModel\"],"
                        + "\"scheduler\":[\"diffusers\",\"FlowMatchEulerDiscreteScheduler\"],"
                        + "\"tokenizer\":[\"transformers\",\"CLIPTokenizer\"],"
                        + "\"tokenizer_2\":[\"transformers\",\"T5TokenizerFast\"]}");
        for (String part : List.of("controlnet", "scheduler", "tokenizer", "tokenizer_2")) {
            Files.createDirectory(broken.resolve(part));
        }
        Files.writeString(
                broken.resolve("scheduler/scheduler_config.json"),
                "{\"_class_name\":\"FlowMatchEulerDiscreteScheduler\",\"use_karras_sigmas\":true}");
        Files.writeString(broken.resolve("tokenizer_2/tokenizer.json"), "{\"model\":");
        try (Component transformer = Component.open(FLUX.resolve("transformer"))) {
            Map<String, Array> arrays = new LinkedHashMap<>(
                    ArrayWeights.copyOf(transformer.weights()).arrays());
            Array first = arrays.values().iterator().next();
            first.values()[0] = Float.NaN;
            arrays.remove("proj_out.bias");
            Component.write(broken.resolve("transformer"), transformer.config(), new ArrayWeights(arrays), Dtype.F32);
        }
        assertEquals(3, inspect(broken, "--json"));
        JsonNode found = new ObjectMapper().readTree(out.toString());
        List<String> problems = new ArrayList<>();
        found.path("parts").forEach(of -> of.path("problems").forEach(problem -> problems.add(problem.asText())));
        List<String> all = new ArrayList<>();
        found.path("problems").forEach(problem -> all.add(problem.asText()));
        assertFalse(problems.isEmpty());
        assertEquals(problems, all);
        assertEquals(3, inspect(broken, "--values"));
        for (String part : List.of(
                "controlnet: class FluxControlNetModel is not supported; supported are FluxTransformer2DModel",
                "missing 'proj_out.bias'",
                "its scheduler asks for use_karras_sigmas true",
                "tokenizer: no tokenizer; expected",
                "tokenizer_2/tokenizer.json",
                "1 NaN, 0 infinite")) {
            assertTrue(out.toString().contains(part), out::toString);
        }
    }

    @Test
    void whatIsNoModelIsTheUsersMistake() throws IOException {
        assertEquals(2, inspect(folder.resolve("absent")));
        assertEquals(2, inspect(Files.writeString(folder.resolve("notes.txt"), "x")));
        Path empty = folder.resolve("empty.safetensors");
        SafetensorsWriter.write(empty, new ArrayWeights(Map.of("a", Array.of(new float[1], 1))), Dtype.F32, Map.of());
        assertEquals(0, inspect(empty));
        assertTrue(out.toString().contains("not known what network"), out::toString);
    }

    @Test
    void aFolderOfTwelveBillionParametersTakesSecondsAndLittleMemory() throws IOException {
        Path model = SparseFlux.write(folder);
        long before = anonymousKilobytes();
        long start = System.nanoTime();
        JsonNode found = json(model, "--json");
        double seconds = (System.nanoTime() - start) / 1e9;
        long grown = anonymousKilobytes() - before;
        long parameters = part(found, "transformer").path("parameters").asLong();
        assertEquals(count(Inventory.parameters(FluxTransformer.of(SparseFlux.TRANSFORMER))), parameters);
        System.out.printf(
                "inspected %,d parameters in %.2f s, anonymous memory grew by %d kB%n", parameters, seconds, grown);
        assertTrue(seconds < 10, seconds + " s");
        assertTrue(grown < 200_000, grown + " kB");
    }

    private static long anonymousKilobytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aBinIsInspectedLikeAnyOther() throws IOException {
        Path bin = GoldenReport.folder("models", "checkpoint-formats", "bin");
        try (Component component = Component.open(bin)) {
            WeightsFile weights = component.weights();
            JsonNode found = json(weights.path(), "--json");
            assertEquals(
                    count(weights.shapes()),
                    found.path("parts").path(0).path("parameters").asLong());
        }
    }

    @Test
    void pipelinesOfOtherKindsAreNamed() throws IOException {
        Path model = ModelCopies.of(folder.resolve("model"));
        Path index = model.resolve("model_index.json");
        String plain = Files.readString(index);
        Files.writeString(index, plain.replace("FluxPipeline", "FluxKontextPipeline"));
        assertEquals(0, inspect(model), () -> out.toString() + err);
        assertTrue(out.toString().contains("it is a FluxKontextPipeline: it edits a reference picture"), out::toString);
        Files.writeString(index, plain.replace("FluxPipeline", "FluxFillPipeline"));
        assertEquals(3, inspect(model));
        assertTrue(
                out.toString()
                        .contains("expected FluxPipeline or StableDiffusion3Pipeline, which draw from text alone"),
                out::toString);
        String said =
                new SampleCall(folder).refusal(List.of("--model", model.toString(), "--prompt", "a", "--dry-run"));
        assertTrue(said.contains("got FluxFillPipeline; models that are given a picture"), said);
    }

    /** One decision for all commands. */
    @Test
    void partsThatPicturesDoNotDependOnAreRemarkedAndOthersRefused() throws IOException {
        Path model = ModelCopies.of(folder.resolve("model"));
        Path index = model.resolve("model_index.json");
        String plain = Files.readString(index);
        List<String> drawing = List.of("--model", model.toString(), "--prompt", "a", "--dry-run");
        Files.createDirectory(model.resolve("safety_checker"));
        Files.writeString(
                index, plain.replaceFirst("\\{", "{\"safety_checker\": [\"transformers\", \"CLIPVisionModel\"],"));
        JsonNode found = json(model, "--json");
        assertTrue(
                found.path("remarks").toString().contains("safety_checker: CLIPVisionModel, not used"),
                found::toString);
        assertEquals("not used", part(found, "safety_checker").path("container").asText());
        new SampleCall(folder).printed(drawing);
        Files.createDirectory(model.resolve("transformer_2"));
        Files.writeString(
                index, plain.replaceFirst("\\{", "{\"transformer_2\": [\"diffusers\", \"WanTransformer3DModel\"],"));
        String words = "transformer_2: class WanTransformer3DModel is not supported; supported are";
        assertEquals(3, inspect(model));
        assertTrue(out.toString().contains(words), out::toString);
        String said = new SampleCall(folder).refusal(drawing);
        assertTrue(said.contains(words), said);
    }

    @Test
    void theBuiltInModelIsKnownByItsName() throws IOException {
        JsonNode named = json("scenes", "--json");
        assertEquals(json(ImageModel.builtIn(), "--json"), named);
        Path lora = LoraCase.files().get(0);
        assertEquals(3, inspect(lora, "--base", "scenes"));
        assertTrue(out.toString().contains("PROBLEM"), out::toString);
    }

    @Test
    void aBaseIsForLorasAlone() throws IOException {
        Path transformer = FLUX.resolve("transformer");
        try (Component component = Component.open(transformer)) {
            for (Path path : List.of(FLUX, transformer, component.weights().path())) {
                assertEquals(2, inspect(path, "--base", FLUX));
                assertTrue(err.toString().contains("--base: expected a LoRA file"), err::toString);
            }
        }
    }
}
