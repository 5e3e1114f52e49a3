package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import mixgrpo.models.Array;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFactors;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsWriter;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.image.PngText;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.TinyModel;
import mixgrpo.tools.run.Summary;
import mixgrpo.trainer.checkpoint.Checkpoints;
import mixgrpo.trainer.config.CheckpointConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleRunTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private String model;

    @BeforeEach
    void writeModel() throws IOException {
        model = folder.resolve("tiny").toString();
        TinyModel.of(1).write(Path.of(model), Dtype.F32);
    }

    private int sample(String... arguments) {
        return Main.commandLine("sample", new SampleCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    /** Draws into a new folder of this name. */
    private Path drawn(String name, String... arguments) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        Path to = folder.resolve(name);
        all.addAll(List.of("--out", to.toString()));
        assertEquals(0, sample(all.toArray(String[]::new)), err::toString);
        return to;
    }

    private static JsonNode list(Path folder) throws IOException {
        return new ObjectMapper().readTree(folder.resolve("samples.json").toFile());
    }

    private static float[] pixels(Path file) throws IOException {
        return Image.read(file).rgb();
    }

    /** A run of the model with 4 steps, without any weights. */
    private Path run(String... more) throws IOException {
        Path run = Files.createDirectories(folder.resolve("runs/tuning"));
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), "a red star\n");
        List<String> arguments = new ArrayList<>(List.of(
                "iterations=150",
                "model=" + model,
                "prompts.file=" + prompts,
                "prompts.perIteration=1",
                "rollout.steps=4",
                "window.first=0",
                "window.last=3"));
        arguments.addAll(List.of(more));
        Configuration configuration = Configuration.load("quickstart", List.of(), arguments);
        Files.writeString(run.resolve("config.yaml"), configuration.toYaml());
        return run;
    }

    @Test
    void everyPictureIsMadeAgainByItsSeedAndPromptAlone() throws IOException {
        Path many = drawn(
                "many",
                "--model",
                model,
                "--prompt",
                "a red star",
                "--prompt",
                "two blue rings",
                "--count",
                "3",
                "--seed",
                "4",
                "--steps",
                "3");
        JsonNode picture = list(many).get(5);
        assertEquals(6, list(many).size());
        assertEquals("two blue rings", picture.get("prompt").asText());
        assertEquals(6, picture.get("seed").asLong());
        Path alone = drawn(
                "alone", "--model", model, "--prompt", "two blue rings", "--count", "1", "--seed", "6", "--steps", "3");
        float[] again = pixels(alone.resolve(list(alone).get(0).get("file").asText()));
        assertArrayEquals(pixels(many.resolve(picture.get("file").asText())), again);
        assertFalse(Arrays.equals(
                again, pixels(many.resolve(list(many).get(4).get("file").asText()))));
    }

    @Test
    void aPictureSaysHowItWasMade() throws IOException {
        Path made = drawn("made", "--model", model, "--prompt", "it's red", "--count", "1", "--steps", "2");
        assertTrue(Files.exists(made.resolve("001-it-s-red-1.png")));
        Map<String, String> texts = PngText.read(made.resolve("001-it-s-red-1.png"));
        assertEquals(
                "it's red\nSteps: 2, Sampler: Euler, Shift: 3.0, CFG scale: 1.0, Seed: 1, Size: 64x64, Model: tiny, Version: mixgrpo "
                        + Version.ofProject(),
                texts.get("parameters"));
        JsonNode json = new ObjectMapper().readTree(texts.get("mixgrpo"));
        assertEquals(list(made).get(0), json);
        assertEquals(
                "tools/sample --model %s --prompt 'it'\\''s red' --steps 2 --size 64x64 --seed 1 --count 1"
                        .formatted(model),
                json.get("command").asText());
    }

    @Test
    void anEngineThatIsAskedForIsPartOfTheCommandAgain() throws IOException {
        String[] asked = {"--model", model, "--prompt", "a red star", "--count", "1", "--steps", "1"};
        JsonNode any = list(drawn("any", asked)).get(0);
        JsonNode named =
                list(drawn("named", with(asked, "--engine", "ort-cpu"))).get(0);
        assertEquals("ort-cpu", named.get("engine").asText());
        assertTrue(named.get("command").asText().contains(" --engine ort-cpu "), named.toString());
        assertEquals("ort-cpu", any.get("engine").asText());
        assertFalse(any.get("command").asText().contains("--engine"), any.toString());
    }

    @Test
    void thePrecisionOfTheTransformerIsChosenAndRemembered() throws IOException {
        String[] asked = {"--model", "scenes", "--prompt", "a red star", "--count", "1", "--steps", "2"};
        Path exact = drawn("exact", asked);
        Path coarse = drawn("coarse", with(asked, "--precision", "int8"));
        assertTrue(out.toString().contains(", ort-cpu in int8"), out.toString());
        assertEquals("fp32", list(exact).get(0).get("precision").asText());
        JsonNode picture = list(coarse).get(0);
        assertEquals("int8", picture.get("precision").asText());
        assertTrue(picture.get("command").asText().contains(" --precision int8 "), picture.toString());
        String file = picture.get("file").asText();
        assertFalse(Arrays.equals(pixels(exact.resolve(file)), pixels(coarse.resolve(file))));

        assertEquals(0, sample(with(asked, "--precision", "int8", "--dry-run")), err::toString);
        assertTrue(out.toString().contains("fp32 and int8"), out.toString());
        expect("--precision: expected fp32 or int8 on ort-cpu, got bf16", with(asked, "--precision", "bf16"));
        expect("tools/doctor says what the other engines lack", with(asked, "--precision", "bf16"));
        expect(
                "--merge: expected --precision fp32",
                with(asked, "--lora", "any.safetensors", "--merge", "--precision", "int8"));
    }

    @Test
    void memoryIsThatOfThePicturesThatThereAre() throws IOException {
        String[] asked = {"--model", model, "--prompt", "a red star", "--dry-run"};
        assertEquals(0, sample(with(asked, "--count", "1")), err::toString);
        assertTrue(out.toString().contains("1 picture in all, 1 at once"), out.toString());
        assertEquals(0, sample(with(asked, "--count", "3")), err::toString);
        assertTrue(out.toString().contains("3 pictures in all, 3 at once"), out.toString());
        assertEquals(0, sample(with(asked, "--count", "99")), err::toString);
        assertTrue(out.toString().contains("99 pictures in all, 24 at once"), out.toString());
    }

    @Test
    void anEngineThatCannotRunIsRefusedWithWhatIsMissing() {
        for (String engine : List.of("ort-cuda", "tensorrt")) {
            for (List<String> more : List.of(List.of("--dry-run"), List.<String>of())) {
                Path to = folder.resolve("new");
                String[] asked = {"--model", model, "--engine", engine, "--out", to.toString()};
                err.getBuffer().setLength(0);
                assertEquals(4, sample(with(asked, more.toArray(String[]::new))), err::toString);
                assertTrue(
                        err.toString().startsWith("tools/sample: --engine: %s cannot run here:".formatted(engine)),
                        err.toString());
                assertTrue(err.toString().contains("MIXGRPO_PROFILE=" + engine), err.toString());
                assertFalse(Files.exists(to));
            }
        }
    }

    @Test
    void aFinishedRunDrawsWithItsTunedWeightsAndItsOwnSteps() throws IOException {
        Path run = run();
        Weights tuned = TinyModel.transformer(2);
        try (ImageModel base = ImageModel.open(model)) {
            Component.write(run.resolve("transformer"), base.architecture().json(), tuned, Dtype.F32);
        }
        Path made = drawn("tuned", "--model", run.toString(), "--prompt", "a red star", "--count", "1");
        assertEquals(4, list(made).get(0).get("steps").asInt());
        assertTrue(
                out.toString()
                        .startsWith(
                                "tuning (tuned): 1 prompt x 1 picture, 4 steps, 64x64, ort-cpu\np_mix 0.8: the tuned model does 3 of 4 steps, the base the rest"),
                out.toString());

        Path base = drawn("base", "--model", model, "--prompt", "a red star", "--count", "1", "--steps", "4");
        String file = "001-a-red-star-1.png";
        assertFalse(Arrays.equals(pixels(base.resolve(file)), pixels(made.resolve(file))));

        Files.move(run.resolve("transformer"), folder.resolve("elsewhere"));
        new Checkpoints(run.resolve("checkpoints"), new CheckpointConfig(1, 1))
                .save(30, Map.of("policy", TinyModel.transformer(3), "ema", tuned));
        Path unfinished = drawn("unfinished", "--model", run.toString(), "--prompt", "a red star", "--count", "1");
        assertTrue(
                out.toString().contains("tuning (checkpoint after 30 of 150 iterations, training is not finished)"),
                out.toString());
        assertArrayEquals(pixels(made.resolve(file)), pixels(unfinished.resolve(file)));
    }

    @Test
    void aRunDrawsOnItsOwnLevels() throws IOException {
        Path run = run("rollout.schedule=list", "rollout.sigmas=[1, 0.9, 0.6, 0.2, 0]");
        try (ImageModel base = ImageModel.open(model)) {
            Component.write(
                    run.resolve("transformer"), base.architecture().json(), TinyModel.transformer(2), Dtype.F32);
        }
        String[] own = {"--model", run.toString(), "--prompt", "a red star", "--count", "1"};
        Path listed = drawn("listed", own);
        run("rollout.schedule=shifted");
        Path shifted = drawn("shifted", own);
        String file = "001-a-red-star-1.png";
        assertFalse(Arrays.equals(pixels(listed.resolve(file)), pixels(shifted.resolve(file))));
        run("rollout.schedule=list", "rollout.sigmas=[1, 0.9, 0.6, 0.2, 0]");
        String to = folder.resolve("new").toString();
        expect(
                "steps: expected 4, as many as rollout.sigmas has, got 5",
                "--model",
                run.toString(),
                "--steps",
                "5",
                "--out",
                to);
        assertFalse(Files.exists(Path.of(to)));
    }

    @Test
    void aRunWithoutWeightsSaysWhatToDo() throws IOException {
        Path run = run();
        assertEquals(2, sample("--model", run.toString()));
        assertTrue(err.toString().contains("go on with tools/train --resume " + run), err.toString());
    }

    @Test
    void whatCannotBeUsedIsNamedAndNothingIsWritten() throws IOException {
        Path full = Files.createDirectories(folder.resolve("full"));
        Files.writeString(full.resolve("kept.txt"), "mine");
        String empty = Files.writeString(folder.resolve("empty.txt"), "\n\n").toString();
        String to = folder.resolve("new").toString();
        expect("holds files already", "--model", model, "--out", full.toString());
        expect("found none at none.txt", "--model", model, "--prompts", "none.txt", "--out", to);
        expect("expected at least one prompt", "--model", model, "--prompts", empty, "--out", to);
        expect("got nowhere, which is not there", "--model", "nowhere", "--out", to);
        expect("which has neither", "--model", full.toString(), "--out", to);
        expect("--count: expected 1 or more, got 0", "--model", model, "--count", "0", "--out", to);
        expect("--steps: expected 1 or more, got 0", "--model", model, "--steps", "0", "--out", to);
        expect("expected a text, got a blank one", "--model", model, "--prompt", " ", "--out", to);
        Files.delete(Path.of(model, "vae/diffusion_pytorch_model.safetensors"));
        expect("no weights", "--model", model, "--out", to);
        assertFalse(Files.exists(Path.of(to)));
        try (var files = Files.list(full)) {
            assertEquals(1, files.count());
        }
    }

    private void expect(String message, String... arguments) {
        err.getBuffer().setLength(0);
        assertEquals(2, sample(arguments), err::toString);
        assertTrue(err.toString().contains(message), err.toString());
    }

    @Test
    void promptsComeFromAFileOrFromTheWorld() throws IOException {
        String file = Files.writeString(folder.resolve("prompts.txt"), "a red star\n\n  two blue rings \na red star\n")
                .toString();
        Path given = drawn("given", "--model", model, "--prompts", file, "--count", "1", "--steps", "1");
        assertEquals(2, list(given).size());
        assertEquals("two blue rings", list(given).get(1).get("prompt").asText());
        Path own = drawn("own", "--model", model, "--count", "1", "--steps", "1");
        assertEquals(6, list(own).size());
        assertTrue(Files.exists(own.resolve("grid.png")));
    }

    /** The tuned transformer of a run with other weights than the base. */
    private void tune(Path run) throws IOException {
        try (ImageModel base = ImageModel.open(model)) {
            Component.write(
                    run.resolve("transformer"), base.architecture().json(), TinyModel.transformer(2), Dtype.F32);
        }
    }

    @Test
    void comparedSharesGoFromTheBaseToTheTunedModel() throws IOException {
        Path run = run();
        tune(run);
        String[] own = {"--prompt", "a red star", "--count", "2", "--steps", "4"};
        Path compared = drawn("compared", with(own, "--model", run.toString(), "--compare", "p_mix=0,0.5,1"));
        JsonNode list = list(compared);
        assertEquals(6, list.size());
        assertEquals("001-a-red-star-1-p_mix-0.5.png", list.get(1).get("file").asText());
        assertEquals(0.5, list.get(1).get("p_mix").asDouble());

        Path base = drawn("base", with(own, "--model", model));
        String tunedFolder = run.resolve("transformer").toString();
        Path all = drawn("all", with(own, "--model", model, "--tuned", tunedFolder, "--p-mix", "1"));
        Path half = drawn("half", with(own, "--model", model, "--tuned", tunedFolder, "--p-mix", "0.5"));
        for (int seed = 1; seed <= 2; seed++) {
            String file = "001-a-red-star-%d".formatted(seed);
            float[] zero = pixels(compared.resolve(file + "-p_mix-0.png"));
            float[] middle = pixels(compared.resolve(file + "-p_mix-0.5.png"));
            float[] one = pixels(compared.resolve(file + "-p_mix-1.png"));
            assertArrayEquals(pixels(base.resolve(file + ".png")), zero);
            assertArrayEquals(pixels(half.resolve(file + ".png")), middle);
            assertArrayEquals(pixels(all.resolve(file + ".png")), one);
            assertFalse(Arrays.equals(zero, middle) || Arrays.equals(middle, one));
        }
    }

    private static String[] with(String[] arguments, String... more) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(Arrays.asList(more));
        return all.toArray(String[]::new);
    }

    /** An adapter of the tiny model's attention, as diffusers writes it. */
    private Path adapter(long seed) throws IOException {
        Random random = new Random(seed);
        Map<String, LoraFactors> modules = new LinkedHashMap<>();
        TinyModel.transformer(1).shapes().forEach((key, shape) -> {
            if (key.matches(".*attn\\.to_[qkv]\\.weight")) {
                Array a = Array.of(gaussians(random, 2 * (int) shape[1]), 2, shape[1]);
                Array b = Array.of(gaussians(random, 2 * (int) shape[0]), shape[0], 2);
                modules.put(key.substring(0, key.length() - ".weight".length()), new LoraFactors(a, b, 1));
            }
        });
        Path file = folder.resolve("adapter-%d.safetensors".formatted(seed));
        LoraFile.write(file, new Lora(modules), Dtype.F32);
        return file;
    }

    private static float[] gaussians(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** The same picture up to the order of float32 sums: a level or two of 255. */
    private static void assertNear(Path expected, Path actual) throws IOException {
        assertArrayEquals(pixels(expected), pixels(actual), 2f / 255 + 1e-6f);
    }

    @Test
    void adaptersInOneEngineDrawWhatMergedOnesDrawWithTwo() throws IOException {
        String one = adapter(5).toString();
        String two = adapter(6) + ":0.5";
        String[] own = {"--model", model, "--prompt", "a red star", "--count", "1", "--steps", "4", "--lora", one};
        String file = "001-a-red-star-1.png";
        Path base = drawn("base", "--model", model, "--prompt", "a red star", "--count", "1", "--steps", "4");
        for (String share : List.of("0", "0.5", "1")) {
            Path unmerged = drawn("unmerged" + share, with(own, "--lora", two, "--p-mix", share));
            Path merged = drawn("merged" + share, with(own, "--lora", two, "--p-mix", share, "--merge"));
            assertNear(merged.resolve(file), unmerged.resolve(file));
            assertEquals(
                    share.equals("0"),
                    Arrays.equals(pixels(base.resolve(file)), pixels(merged.resolve(file))),
                    "share " + share);
        }
        Path single = drawn("single", with(own, "--p-mix", "1"));
        assertFalse(Arrays.equals(
                pixels(single.resolve(file)), pixels(folder.resolve("unmerged1").resolve(file))));
        assertTrue(out.toString().contains("adapter-5.safetensors + adapter-6.safetensors x 0.5"), out.toString());
    }

    @Test
    void aSavedCommandMakesThePictureAgain() throws IOException {
        Path run = run();
        tune(run);
        Path made = drawn(
                "made",
                "--model",
                run.toString(),
                "--prompt",
                "two blue rings",
                "--negative-prompt",
                "a star, 'red'",
                "--true-cfg",
                "2.5",
                "--p-mix",
                "0.6",
                "--count",
                "2",
                "--steps",
                "3",
                "--size",
                "64x32",
                "--rng",
                "torch-cpu",
                "--sde",
                "cps",
                "--eta",
                "0.4",
                "--seed",
                "7");
        JsonNode second = list(made).get(1);
        List<String> words = shellWords(second.get("command").asText());
        assertEquals("tools/sample", words.get(0));
        Path again = drawn("again", words.subList(1, words.size()).toArray(String[]::new));
        assertEquals(second.get("command"), list(again).get(0).get("command"));
        assertArrayEquals(
                pixels(made.resolve(second.get("file").asText())),
                pixels(again.resolve(list(again).get(0).get("file").asText())));
        String parameters =
                PngText.read(made.resolve(second.get("file").asText())).get("parameters");
        assertTrue(parameters.contains("\nNegative prompt: a star, 'red'\nSteps: 3, Sampler: SDE cps"), parameters);
        assertTrue(parameters.contains("CFG scale: 2.5") && parameters.contains("P mix: 0.6"), parameters);
    }

    /** The words of a command line whose quotes are single. */
    private static List<String> shellWords(String line) {
        List<String> words = new ArrayList<>();
        Matcher matcher = Pattern.compile("((?:'[^']*'|\\\\'|[^ ])+)").matcher(line);
        while (matcher.find()) {
            words.add(matcher.group().replace("'\\''", "\0").replace("'", "").replace("\0", "'"));
        }
        return words;
    }

    @Test
    void everyWayOfDrawingGivesItsOwnPicture() throws IOException {
        String[] own = {"--model", model, "--prompt", "a red star", "--count", "1", "--steps", "6"};
        List<String[]> ways = List.of(
                new String[] {},
                new String[] {"--solver", "dpm"},
                new String[] {"--solver", "dpm", "--order", "3"},
                new String[] {"--sde", "flow"},
                new String[] {"--sde", "dance", "--eta", "0.3"},
                new String[] {"--sde", "dpm"},
                new String[] {"--rng", "torch-cpu"},
                new String[] {"--negative-prompt", "", "--true-cfg", "3"});
        List<float[]> pictures = new ArrayList<>();
        for (int i = 0; i < ways.size(); i++) {
            Path made = drawn("way" + i, with(own, ways.get(i)));
            float[] picture = pixels(made.resolve("001-a-red-star-1.png"));
            for (float[] other : pictures) {
                assertFalse(Arrays.equals(other, picture), "way " + i);
            }
            pictures.add(picture);
        }
    }

    @Test
    void aScaleAloneMeansAnEmptyNegativePromptAndOneMeansNoGuidance() throws IOException {
        String[] own = {"--model", model, "--prompt", "a red star", "--count", "1", "--steps", "2"};
        Path scaled = drawn("scaled", with(own, "--true-cfg", "3"));
        Path empty = drawn("empty", with(own, "--true-cfg", "3", "--negative-prompt", ""));
        assertEquals(list(empty), list(scaled));
        assertEquals("", list(scaled).get(0).get("negative_prompt").asText());
        String picture = list(scaled).get(0).get("file").asText();
        assertArrayEquals(pixels(empty.resolve(picture)), pixels(scaled.resolve(picture)));
        Path none = drawn("none", own);
        Path one = drawn("one", with(own, "--true-cfg", "1"));
        assertArrayEquals(pixels(none.resolve(picture)), pixels(one.resolve(picture)));
        assertFalse(Arrays.equals(pixels(none.resolve(picture)), pixels(scaled.resolve(picture))));
    }

    @Test
    void theVariantThatIsAskedForIsDrawnWith() throws IOException {
        Path half = Path.of(model).resolve("transformer").resolve("diffusion_pytorch_model.fp16.safetensors");
        SafetensorsWriter.write(half, TinyModel.transformer(9), Dtype.F16, Map.of());
        String[] own = {"--model", model, "--prompt", "a red star", "--count", "1", "--steps", "2"};
        Path plain = drawn("plain", own);
        Path variant = drawn("variant", with(own, "--variant", "fp16"));
        JsonNode picture = list(variant).get(0);
        String file = picture.get("file").asText();
        assertFalse(Arrays.equals(pixels(plain.resolve(file)), pixels(variant.resolve(file))));
        assertTrue(
                picture.get("command").asText().contains(" --variant fp16 "),
                picture.get("command").asText());
        Path run = run("modelVariant=fp16");
        tune(run);
        String[] base = {"--p-mix", "0", "--prompt", "a red star", "--count", "1", "--steps", "2", "--size", "64x64"};
        Path ofRun = drawn("run", with(base, "--model", run.toString()));
        Path ofPlain = drawn("run-plain", with(base, "--model", run.toString(), "--variant", "fp16"));
        assertArrayEquals(
                pixels(ofRun.resolve(list(ofRun).get(0).get("file").asText())),
                pixels(ofPlain.resolve(list(ofPlain).get(0).get("file").asText())));
    }

    @Test
    void aMarkInFrontOfAListOfPromptsIsNoPartOfIt() throws IOException {
        Path prompts = Files.writeString(folder.resolve("marked.txt"), "\uFEFFa red star\r\n\r\ntwo blue rings");
        Path made = drawn("marked", "--model", model, "--prompts", prompts.toString(), "--count", "1", "--steps", "1");
        assertEquals("a red star", list(made).get(0).get("prompt").asText());
        assertEquals("two blue rings", list(made).get(1).get("prompt").asText());
        Files.write(prompts, new byte[] {'a', '\n', 'b', '\r', '\n', 'c', (byte) 0xe9, 'd', '\n'});
        expect("got other bytes in line 3 of " + prompts, "--model", model, "--prompts", prompts.toString());
    }

    @Test
    void batchesChangeNothingButRounding() throws IOException {
        String[] own = {"--model", model, "--prompt", "a red star", "--count", "3", "--steps", "2"};
        Path together = drawn("together", own);
        Path alone = drawn("alone", with(own, "--batch", "1"));
        for (int seed = 1; seed <= 3; seed++) {
            String file = "001-a-red-star-%d.png".formatted(seed);
            assertNear(together.resolve(file), alone.resolve(file));
        }
    }

    @Test
    void aDryRunSaysWhatWouldBeDoneAndWritesNothing() throws IOException {
        Path to = folder.resolve("dry");
        assertEquals(
                0,
                sample(
                        "--model",
                        model,
                        "--lora",
                        adapter(5).toString(),
                        "--dry-run",
                        "--out",
                        to.toString(),
                        "--prompt",
                        "a"),
                err::toString);
        assertFalse(Files.exists(to));
        for (String part : List.of("network calls a picture", "adapters", "decoder", "in all", "p_mix 0.8")) {
            assertTrue(out.toString().contains(part), part + " in " + out);
        }
    }

    @Test
    void wrongSettingsAreRefusedBeforeAnythingIsLoaded() throws IOException {
        Path run = run();
        tune(run);
        String other = folder.resolve("other").toString();
        Map<String, LoraFactors> foreign =
                Map.of("nowhere.to_q", new LoraFactors(Array.of(new float[2], 1, 2), Array.of(new float[2], 2, 1), 1));
        String lora = folder.resolve("foreign.safetensors").toString();
        LoraFile.write(Path.of(lora), new Lora(foreign), Dtype.F32);
        expect("expected WIDTHxHEIGHT, such as 1024x768, got 64", "--model", model, "--size", "64");
        expect("expected multiples of", "--model", model, "--size", "65x64");
        expect("expected a share of the steps in [0, 1], got 1.2", "--model", run.toString(), "--p-mix", "1.2");
        expect("has no tuned weights to mix with", "--model", model, "--p-mix", "0.5");
        expect("expected p_mix=A,B,...", "--model", run.toString(), "--compare", "steps=1,2");
        expect("expected different values", "--model", run.toString(), "--compare", "p_mix=0,1,0");
        expect("got 'x' in p_mix=0,x", "--model", run.toString(), "--compare", "p_mix=0,x");
        expect("expected one of them, got both", "--model", run.toString(), "--compare", "p_mix=0,1", "--p-mix", "1");
        expect("expected --true-cfg beside it", "--model", model, "--negative-prompt", "x");
        expect("expected --true-cfg above 1", "--model", model, "--negative-prompt", "x", "--true-cfg", "1");
        expect("expected a scale above 1, or 1 for no guidance", "--model", model, "--true-cfg", "0.5");
        expect("the variant 'fp16', such as", "--model", model, "--variant", "fp16");
        expect("transformer: plain; vae: plain", "--model", model, "--variant", "fp16");
        expect("--variant: expected a name of letters", "--model", model, "--variant", "../x");
        expect("--eta 0.5: expected --sde beside it", "--model", model, "--eta", "0.5");
        expect("expected sides up to 8192 pixels, got 16384x64", "--model", model, "--size", "16384x64");
        expect(
                "which is a file; name a new or an empty folder",
                "--model",
                model,
                "--out",
                run.toString() + "/config.yaml");
        expect("expected one of philox, torch-cpu, got 'mt'", "--model", model, "--rng", "mt");
        expect("expected --solver dpm without --sde", "--model", model, "--order", "2");
        expect("expected no --sde beside it", "--model", model, "--solver", "dpm", "--sde", "flow");
        expect("expected 1, 2 or 3, got 4", "--model", model, "--solver", "dpm", "--order", "4");
        expect("expected at most 1 with kernel cps", "--model", model, "--sde", "cps", "--eta", "2");
        expect("was not made for a guidance scale", "--model", model, "--guidance", "2");
        expect("--batch: expected 1 or more, got 0", "--model", model, "--batch", "0");
        expect("which is not there", "--model", model, "--tuned", other);
        Path adapted = Files.createDirectories(folder.resolve("adapted"));
        Files.createFile(adapted.resolve("pytorch_lora_weights.safetensors"));
        expect("they are given by --lora " + adapted, "--model", model, "--tuned", adapted.toString());
        expect("the network has no such layer", "--model", model, "--lora", lora);
        expect("expected a number behind the colon", "--model", model, "--lora", lora + ":half");
        expect("none.safetensors", "--model", model, "--lora", "none.safetensors");
        expect("--tuned and --lora: expected one of them", "--model", model, "--tuned", other, "--lora", lora);
        expect("expected a --lora to merge", "--model", model, "--merge");
        try (Stream<Path> files = Files.list(Path.of(""))) {
            assertTrue(files.noneMatch(file -> file.getFileName().toString().startsWith("samples")));
        }
    }

    @Test
    void aRunThatWentOnDrawsWithItsCheckpointUntilItsTunedWeightsAreNew() throws IOException {
        Path run = run();
        try (ImageModel base = ImageModel.open(model)) {
            Component.write(
                    run.resolve("transformer"), base.architecture().json(), TinyModel.transformer(2), Dtype.F32);
        }
        Checkpoints checkpoints = new Checkpoints(run.resolve("checkpoints"), new CheckpointConfig(1, 1));
        checkpoints.save(20, Map.of("policy", TinyModel.transformer(3), "ema", TinyModel.transformer(3)));
        assertDrawnWith("checkpoint after 20 of 150 iterations, training is not finished", run);
        new Summary(1, 20, 1, 1, Map.of()).write(run.resolve("summary.json"));
        assertDrawnWith("(tuned)", run);
        checkpoints.save(150, Map.of("policy", TinyModel.transformer(3), "ema", TinyModel.transformer(3)));
        assertDrawnWith("checkpoint after 150 of 150 iterations, not measured yet", run);
    }

    private void assertDrawnWith(String weights, Path run) {
        out.getBuffer().setLength(0);
        assertEquals(0, sample("--model", run.toString(), "--prompt", "a red star", "--dry-run"), err::toString);
        assertTrue(out.toString().contains(weights), out.toString());
    }

    @Test
    void tunedWeightsThatAreCutShortOrNoNumbersAreTheUsers() throws IOException {
        Path run = run();
        try (ImageModel base = ImageModel.open(model)) {
            Component.write(
                    run.resolve("transformer"), base.architecture().json(), TinyModel.transformer(2), Dtype.F32);
        }
        Path weights = run.resolve("transformer/diffusion_pytorch_model.safetensors");
        byte[] whole = Files.readAllBytes(weights);
        byte[] broken = whole.clone();
        for (int i = 1; i <= 4; i++) {
            broken[broken.length - i] = (byte) 0xff;
        }
        Files.write(weights, broken);
        String to = folder.resolve("new").toString();
        expect("holds values that are no numbers", "--model", run.toString(), "--prompt", "a red star", "--out", to);
        Files.write(weights, Arrays.copyOf(whole, whole.length / 2));
        expect("is the file cut off?", "--model", run.toString(), "--prompt", "a red star", "--out", to);
        assertFalse(Files.exists(Path.of(to)));
    }

    @Test
    void latentsThatAreNoNumbersEndTheRun() throws IOException {
        ArrayWeights large = ArrayWeights.copyOf(TinyModel.transformer(1));
        Arrays.fill(large.arrays().get("proj_out.weight").values(), Float.MAX_VALUE);
        Path tuned = folder.resolve("large.safetensors");
        SafetensorsWriter.write(tuned, large, Dtype.F32, Map.of());
        Path to = folder.resolve("none");
        int code = sample(
                "--model",
                model,
                "--tuned",
                tuned.toString(),
                "--prompt",
                "a red star",
                "--seed",
                "7",
                "--steps",
                "2",
                "--count",
                "1",
                "--out",
                to.toString());
        assertEquals(1, code, err::toString);
        assertTrue(err.toString().contains("'a red star', seed 7: picture 1 of 1"), err::toString);
        assertTrue(err.toString().contains("there is no picture to decode"), err::toString);
        assertFalse(err.toString().contains("Exception"), err::toString);
        assertFalse(Files.exists(to.resolve("samples.json")));
    }
}
