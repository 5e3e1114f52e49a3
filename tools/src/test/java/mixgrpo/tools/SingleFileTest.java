package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
import mixgrpo.models.weights.SafetensorsWriter;
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
