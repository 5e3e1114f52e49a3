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
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.image.PngText;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.TinyModel;
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
                "tools/sample --model %s --prompt 'it'\\''s red' --steps 2 --seed 1 --count 1".formatted(model),
                json.get("command").asText());
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
        assertTrue(out.toString().startsWith("tuning (tuned): 1 prompts x 1 pictures, 4 steps"), out.toString());

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
}
