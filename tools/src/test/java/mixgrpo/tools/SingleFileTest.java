package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import mixgrpo.models.Inventory;
import mixgrpo.models.flux.BflFile;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.models.weights.ModelFolder.PartClass;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.runtime.image.Image;
import mixgrpo.trainer.pretrain.Initialization;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transformers in one file, as ComfyUI's users have them, given to the command. */
class SingleFileTest {

    private static final Path FLUX = ModelCopies.FLUX;

    @TempDir
    private Path folder;

    private SampleCall call;

    @BeforeEach
    void prepareCalls() {
        call = new SampleCall(folder);
    }

    private static List<String> arguments(Path model, Object... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--model",
                model.toString(),
                "--prompt",
                "a red fox",
                "--size",
                "32x32",
                "--steps",
                "4",
                "--text-length",
                "8"));
        Arrays.stream(more).map(Object::toString).forEach(arguments::add);
        return arguments;
    }

    private float[] pixels(String name, List<String> arguments) throws IOException {
        return Image.read(call.picture(name, arguments)).rgb();
    }

    @Test
    void aTunedFileDrawsAsItsFolderDoes() throws IOException {
        Path tuned = FLUX.resolve("transformer_tuned");
        Path bfl = folder.resolve("flux1-dev-finetune.safetensors");
        Path diffusers = folder.resolve("tuned.safetensors");
        try (Component transformer = Component.open(tuned)) {
            BflFile.write(bfl, FluxConfig.of(transformer.config()), transformer.weights(), Dtype.F32);
            SafetensorsWriter.write(diffusers, transformer.weights(), Dtype.F32, Map.of());
        }
        float[] base = pixels("base", arguments(FLUX));
        for (String share : List.of("1", "0.5")) {
            float[] expected = pixels("folder-" + share, arguments(FLUX, "--tuned", tuned, "--p-mix", share));
            assertFalse(Arrays.equals(base, expected));
            assertArrayEquals(expected, pixels("bfl-" + share, arguments(FLUX, "--tuned", bfl, "--p-mix", share)));
            assertArrayEquals(
                    expected, pixels("diffusers-" + share, arguments(FLUX, "--tuned", diffusers, "--p-mix", share)));
        }
    }

    private int export(StringWriter said, Object... arguments) {
        return Main.commandLine("export", new ExportCommand())
                .setOut(new PrintWriter(said))
                .setErr(new PrintWriter(said))
                .execute(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    }

    /** From a tuned folder, and with an adapter that is folded in: pictures of the file are those of what it was made of. */
    @Test
    void aFileThatWasExportedDrawsAsWhatItWasMadeOf() throws IOException {
        Path lora = FLUX.resolve("lora/pytorch_lora_weights.safetensors");
        Path tuned = FLUX.resolve("transformer_tuned");
        for (List<Object> made : List.of(List.<Object>of("--tuned", tuned), List.<Object>of("--lora", lora + ":0.5"))) {
            Path file = folder.resolve(made.get(0) + ".safetensors");
            List<Object> arguments =
                    new ArrayList<>(List.of("single", "--model", FLUX, "--precision", "fp32", "--out", file));
            arguments.addAll(made);
            StringWriter said = new StringWriter();
            assertEquals(0, export(said, arguments.toArray()), said::toString);
            assertTrue(said.toString().startsWith(file + ": "), said.toString());
            try (WeightsFile opened = WeightsFile.open(file)) {
                assertTrue(opened.shapes().containsKey("double_blocks.0.img_attn.qkv.weight"));
            }
            List<Object> original = new ArrayList<>(made);
            original.addAll(List.of("--p-mix", "1"));
            if (made.get(0).equals("--lora")) {
                original.add("--merge");
            }
            assertArrayEquals(
                    pixels("made of " + made.get(0), arguments(FLUX, original.toArray())),
                    pixels("of the file" + made.get(0), arguments(FLUX, "--tuned", file, "--p-mix", "1")));
        }
    }

    @Test
    void onlyFluxIsExportedAsASingleFile() throws IOException {
        Path file = folder.resolve("sd3.safetensors");
        Path sd3 = Files.createDirectories(folder.resolve("sd3"));
        ModelFolder.writeIndex(
                sd3,
                "StableDiffusion3Pipeline",
                Map.of("transformer", new PartClass("diffusers", "SD3Transformer2DModel")));
        try (Stream<Path> configs =
                Files.find(GoldenReport.folder("models", "sd3"), 3, (path, is) -> path.endsWith("config.json"))) {
            Files.createDirectories(sd3.resolve("transformer"));
            Files.copy(configs.findFirst().orElseThrow(), sd3.resolve("transformer/config.json"));
        }
        StringWriter said = new StringWriter();
        assertEquals(2, export(said, "single", "--model", sd3, "--out", file), said::toString);
        assertTrue(said.toString().contains("expected a FLUX.1"), said.toString());
        assertFalse(Files.exists(file));
    }

    @Test
    void aModelsTransformerMayBeSuchAFile() throws IOException {
        Path model = ModelCopies.ofSingleFile(folder.resolve("model"));
        Path transformer = model.resolve("transformer");
        assertArrayEquals(pixels("original", arguments(FLUX)), pixels("file", arguments(model)));
        Files.copy(transformer.resolve("flux1-dev.safetensors"), transformer.resolve("other.safetensors"));
        assertTrue(call.refusal(arguments(model)).contains("or a single .safetensors of any name; the folder holds"));
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        FluxConfig small = new FluxConfig(16, 16, 1, 3, 16, 2, 24, 20, true, List.of(4, 6, 6));
        Path other = folder.resolve("other.safetensors");
        BflFile.write(
                other,
                small,
                new Initialization(Inventory.parameters(FluxTransformer.of(small)), key -> false, 1),
                Dtype.F32);
        String refusal = call.refusal(arguments(FLUX, "--tuned", other));
        assertTrue(
                refusal.contains(other.toString()) && refusal.contains("missing 'double_blocks.1.img_attn.qkv.weight'"),
                refusal);
        String alone = call.refusal(arguments(other));
        assertTrue(alone.contains("--model DIR --tuned " + other + " --p-mix 1"), alone);
        Path sd3 = GoldenReport.folder("models", "sd3");
        try (Stream<Path> models = Files.list(sd3)) {
            Path transformer = models.filter(Files::isDirectory)
                    .map(model -> model.resolve("transformer"))
                    .findFirst()
                    .orElseThrow();
            String wrong = call.refusal(arguments(FLUX, "--tuned", transformer));
            assertTrue(wrong.contains(transformer.toString()), wrong);
        }
        Map<String, Object> mistakes = new LinkedHashMap<>();
        mistakes.put("which is not there", folder.resolve("absent.safetensors"));
        mistakes.put("which has neither", folder);
        mistakes.forEach((words, path) -> {
            String message = call.refusal(arguments(FLUX, "--tuned", path));
            assertTrue(message.contains("or a file of its weights, got " + path + ", " + words), message);
        });
    }

    @Test
    void picturesAreDecodedInTilesWhereItIsAsked() throws IOException {
        // The autoencoder was made for 64x64.
        List<String> large = arguments(FLUX, "--size", "96x96");
        large.subList(4, 6).clear(); // the size that was there before
        float[] usual = pixels("auto", large);
        List<String> whole = new ArrayList<>(large);
        whole.addAll(List.of("--vae-tiling", "off"));
        assertFalse(Arrays.equals(usual, pixels("off", whole)));
        List<String> tiled = new ArrayList<>(large);
        tiled.addAll(List.of("--vae-tiling", "on"));
        Path picture = call.picture("on", tiled);
        assertFalse(Arrays.equals(usual, Image.read(picture).rgb()));
        String list = Files.readString(picture.resolveSibling("samples.json"));
        assertTrue(list.contains("--vae-tiling on") && list.contains("\"vae_tiling\" : \"on\""), list);
        assertFalse(Files.readString(folder.resolve("auto/samples.json")).contains("tiling"));

        List<String> dry = new ArrayList<>(tiled);
        dry.add("--dry-run");
        assertTrue(call.printed(dry).contains(" at once, in tiles of 32x32)"));
        dry.set(dry.indexOf("on"), "auto");
        assertTrue(call.printed(dry).contains(" at once, in tiles of 64x64)"));
        dry.set(dry.indexOf("auto"), "off");
        assertFalse(new SampleCall(folder).printed(dry).contains("tiles"));
        assertTrue(call.refusal(arguments(FLUX, "--vae-tiling", "always")).contains("--vae-tiling"));
    }
}
