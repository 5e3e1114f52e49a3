package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.model.SparseFlux;
import mixgrpo.trainer.config.TrainConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code tools/train paper} with a folder of the user's: what it takes, and what it refuses before anything is written. */
class PaperCommandTest {

    private static final Path FLUX = Path.of(System.getProperty("goldens"), "models", "flux");

    @TempDir
    private Path folder;

    private Path prompts;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void writePrompts() throws IOException {
        prompts = Files.write(folder.resolve("prompts.txt"), List.of("a red fox in the snow", "a blue cup", "a boat"));
    }

    private int train(String preset, Path model, String... more) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Main.commandLine("train", new TrainCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err));
        List<String> arguments =
                new ArrayList<>(List.of(preset, "--model", model.toString(), "--prompts", prompts.toString()));
        arguments.addAll(List.of(more));
        return line.execute(arguments.toArray(String[]::new));
    }

    private void assertRefused(int code, String... words) {
        assertEquals(2, code, err::toString);
        for (String word : words) {
            assertTrue(err.toString().contains(word), "'%s' in %s".formatted(word, err));
        }
        assertFalse(Files.exists(Path.of("runs")));
    }

    /** Enough for an iteration of the preset, and for those that are held out. */
    private void writeManyPrompts() throws IOException {
        Files.write(
                prompts,
                IntStream.range(0, 80)
                        .mapToObj("a boat with %d sails"::formatted)
                        .toList());
    }

    @Test
    void aRewardThatIsThereTakesThePlaceOfThePresets() throws IOException {
        writeManyPrompts();
        for (String preset : List.of("paper", "paper-flash", "paper-flash-star")) {
            assertEquals(0, train(preset, FLUX, "rewards.jpeg.weight=1", "--dry-run"), err::toString);
            assertTrue(
                    err.toString()
                            .contains("the preset's rewards hpsv2, imagereward, pickscore are not on the class path"),
                    err::toString);
            Path file = Files.writeString(folder.resolve("dry.yaml"), out.toString());
            TrainConfig planned = Configuration.ofRun(file, List.of()).config();
            assertEquals(List.of("jpeg"), List.copyOf(planned.rewards().keySet()));
            // Nothing else is another than published.
            List<String> given = List.of("model=" + FLUX, "prompts=" + prompts, "rewards.jpeg.weight=1");
            TrainConfig published = Configuration.load(preset, List.of(), given).config();
            assertEquals(published.rollout(), planned.rollout());
            assertEquals(published.window(), planned.window());
            assertEquals(published.post(), planned.post());
            assertEquals(published.loss(), planned.loss());
            assertEquals(published.optimizer(), planned.optimizer());
            assertEquals(published.train(), planned.train());
            assertEquals(published.prompts(), planned.prompts());
            assertEquals(published.seed(), planned.seed());
        }
    }

    @Test
    void thePresetsRewardsAreNamedIfNoneIsGiven() {
        assertRefused(train("paper", FLUX, "prompts.perIteration=1"), "reward 'hpsv2'", "Known are jpeg");
    }

    @Test
    void whatTheModelCannotDoIsRefused() {
        assertRefused(train("paper", FLUX, "rewards.jpeg.weight=1"), "prompts.perIteration: expected 1..3", "got 32");
        String[] small = {
            "prompts.perIteration=1",
            "rollout.width=64",
            "rollout.height=64",
            "rollout.images=4",
            "rewards.scene.weight=1"
        };
        assertRefused(
                train("paper", FLUX, small),
                "reward 'scene' cannot score pictures of 3 of the 3 prompts",
                "is not of the scenes world",
                "rewards.scene=null");
        small[4] = "rewards.jpeg.weight=1";
        List<String> cut = new ArrayList<>(List.of(small));
        cut.add("prompts.textLength=1");
        assertRefused(train("paper", FLUX, cut.toArray(String[]::new)), "text length");
        small[4] = "rewards.scene.weight=1";
        small[1] = "rollout.width=128";
        assertRefused(train("paper", FLUX, small), "expected pictures of 64 x 64 pixels", "got 128 x 64");
    }

    @Test
    void aSingleFileIsTakenInItsFolderAndRefusedAlone() throws IOException {
        writeManyPrompts();
        Path model = ModelCopies.ofSingleFile(folder.resolve("model"));
        assertEquals(0, train("paper", model, "rewards.jpeg.weight=1", "--dry-run"), err::toString);
        Path file = model.resolve("transformer/flux1-dev.safetensors");
        assertRefused(
                train("paper", file, "rewards.jpeg.weight=1"),
                file + ": expected the folder of a model",
                "got a file",
                "as the only .safetensors beside transformer/config.json");
    }

    @Test
    void aFolderOfTwelveBillionParametersIsPlannedFromItsHeaders() throws IOException {
        Path model = SparseFlux.write(Files.createDirectory(folder.resolve("flux")));
        writeManyPrompts();
        long start = System.nanoTime();
        assertEquals(0, train("paper", model, "rewards.jpeg.weight=1", "--dry-run"), err::toString);
        double seconds = (System.nanoTime() - start) * 1e-9;
        assertTrue(seconds < 60, "a plan took %.1f s, as if weights were read".formatted(seconds));
        // 11.901 billion parameters and float32: itself, gradient, two moments; six copies in engines.
        assertTrue(out.toString().contains("190.42 GB  policy, its gradient and optimizer"), out::toString);
        assertTrue(out.toString().contains("285.63 GB  engines"), out::toString);
        // T5-XXL's encoder has 4.762 billion, CLIP-L's 0.123 billion; twice in an engine.
        assertTrue(out.toString().contains("39.08 GB  text encoders, closed before the rest is made"), out::toString);
        assertTrue(out.toString().contains("# Prompts: 512 tokens each"), out::toString);
        assertTrue(out.toString().contains("8.39 MB a prompt"), out::toString);
        assertEquals(0, train("paper", model, "rewards.jpeg.weight=1", "train.mode=lora", "--dry-run"), err::toString);
        assertFalse(out.toString().contains("190.42 GB  policy"), out::toString);
    }
}
