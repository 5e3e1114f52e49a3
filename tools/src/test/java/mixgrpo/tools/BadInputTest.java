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
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.train.MicroModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code tools/train} says to input that it cannot use: one paragraph, the right code, and nothing half-written. */
class BadInputTest {

    @TempDir
    private static Path folder;

    private static MicroModel model;

    @BeforeAll
    static void writeModel() throws IOException {
        model = MicroModel.write(folder.resolve("model"), 1);
    }

    private record Outcome(int code, String message) {}

    private static Outcome train(List<String> arguments) {
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine("train", new TrainCommand())
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(err));
        return new Outcome(line.execute(arguments.toArray(String[]::new)), err.toString());
    }

    private static Outcome train(String... more) {
        List<String> arguments = new ArrayList<>(List.of("quickstart"));
        arguments.addAll(model.arguments(more));
        return train(arguments);
    }

    private static void assertRefused(Outcome outcome, String... words) {
        assertEquals(2, outcome.code(), outcome.message());
        assertTrue(outcome.message().startsWith("tools/train: "), outcome.message());
        assertFalse(outcome.message().contains("\tat "), outcome.message());
        for (String word : words) {
            assertTrue(outcome.message().contains(word), "'%s' in %s".formatted(word, outcome.message()));
        }
    }

    @AfterEach
    void nothingIsWritten() {
        assertFalse(Files.exists(Path.of("runs")));
    }

    @Test
    void aWindowLargerThanTheTrajectory() {
        assertRefused(
                train("window.last=none", "window.first=0", "window.size=7"),
                "window.size: expected 1..6",
                "rollout.steps 6");
    }

    @Test
    void anEngineThatThisBuildDoesNotHave() {
        for (String engine : List.of("tensorrt", "ort-cuda")) {
            Outcome outcome = train("rollout.engine=" + engine);
            assertEquals(4, outcome.code(), outcome.message());
            assertTrue(
                    outcome.message()
                            .startsWith("tools/train: rollout.engine: %s cannot run here:%n  ".formatted(engine)),
                    outcome.message());
            assertTrue(outcome.message().contains("MIXGRPO_PROFILE=" + engine), outcome.message());
            assertEquals(outcome, train("rollout.engine=" + engine, "--dry-run"));
        }
        assertRefused(train("rollout.precision=fp16"), "expected fp32 or int8 on ort-cpu, got fp16");
        assertRefused(train("sync.mode=refit"), "expected inputs or session on ort-cpu, got refit");
        assertRefused(train("rollout.engine=onnx"), "auto | ort-cpu | ort-cuda | tensorrt", "onnx");
    }

    @Test
    void oneOrNoImageInAGroup() {
        assertRefused(train("rollout.images=1"), "rollout.images: expected 2..65536", "got 1");
        assertRefused(train("rollout.images=0"), "rollout.images: expected 2..65536", "got 0");
    }

    @Test
    void promptsThatAreMissingOrEmptyOrTooFew() throws IOException {
        Path missing = folder.resolve("none.txt");
        assertRefused(train("prompts.file=" + missing), "prompts.file", "found none at " + missing);
        Path empty = Files.writeString(folder.resolve("empty.txt"), "\n  \n");
        assertRefused(train("prompts.file=" + empty), "prompts.file", "at least one prompt", empty.toString());
        Path bytes = Files.write(folder.resolve("bytes.txt"), new byte[] {'a', '\n', 'b', (byte) 0xff, '\n'});
        assertRefused(
                train("prompts.file=" + bytes),
                "prompts.file: expected text in UTF-8",
                "got other bytes in line 2 of " + bytes);
        assertRefused(train("prompts.perIteration=6"), "prompts.perIteration: expected 1..5", "prompts.txt");
    }

    @Test
    void morePromptsToMeasureOnThanThereAre() {
        assertRefused(
                train("evaluate.prompts=10000000"),
                "evaluate.prompts: expected at most about ",
                "as many as the world of scenes reserves, got 10000000");
    }

    @Test
    void promptsThatTheRewardsCannotScore() throws IOException {
        Path cats = Files.writeString(folder.resolve("cats.txt"), "a cat on a mat\ntwo dogs\n");
        assertRefused(
                train("prompts.file=" + cats),
                "reward 'scene' cannot score",
                "rewards.scene=null rewards.strict=null",
                "rewards.jpeg.weight=1 for one");
    }

    @Test
    void moreThanANoiseKeyHoldsRoomFor() {
        assertRefused(train("rollout.images=65537"), "rollout.images: expected 2..65536", "got 65537");
        assertRefused(train("rollout.steps=1025"), "rollout.steps: expected 2..1024, got 1025");
    }

    @Test
    void aConfigurationThatIsNoText() throws IOException {
        Path bytes = Files.write(folder.resolve("bytes.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe});
        Path broken = Files.writeString(folder.resolve("broken.yaml"), "a: [1\nb: 2\n");
        for (String option : List.of("--config", "--config=")) {
            assertRefused(config(option, bytes), "--config " + bytes + ": expected YAML text in UTF-8");
            assertRefused(config(option, folder), "--config " + folder + ": expected a YAML file", "got a folder");
            Outcome outcome = config(option, broken);
            assertRefused(outcome, "--config " + broken + ", line 2: not readable as YAML: expected ',' or ']'");
            assertEquals(1, outcome.message().lines().count(), outcome.message());
        }
    }

    private static Outcome config(String option, Path file) {
        return train(
                option.endsWith("=")
                        ? List.of("quickstart", option + file)
                        : List.of("quickstart", option, file.toString()));
    }

    @Test
    void weightsThatAreNoNumbers() throws IOException {
        MicroModel broken = MicroModel.write(folder.resolve("nan"), 1);
        Path weights = broken.folder().resolve("transformer/diffusion_pytorch_model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        for (int i = 1; i <= 4; i++) {
            bytes[bytes.length - i] = (byte) 0xff;
        }
        Files.write(weights, bytes);
        assertRefused(train("model=" + broken.folder()), "holds values that are no numbers", "1 NaN, 0 infinite");
    }

    @Test
    void aRewardThatNobodyOffers() {
        assertRefused(train("rewards.beauty.weight=1"), "beauty", "jpeg");
    }

    @Test
    void moreThanTheMemoryHolds() {
        String[] large = {
            "rollout.images=60000",
            "rollout.width=1024",
            "rollout.height=1024",
            "rewards.scene=null",
            "rewards.strict=null"
        };
        assertRefused(train(large), "memory: this run needs about", "smaller rollout.images", "in all");
        List<String> dry = new ArrayList<>(List.of(large));
        dry.add("--dry-run");
        Outcome planned = train(dry.toArray(String[]::new)); // for another machine, which may have the memory
        assertEquals(0, planned.code(), planned.message());
        assertTrue(
                planned.message().contains("here it would be refused: memory: this run needs about"),
                planned.message());
    }

    /** A dry run finds them, too. */
    @Test
    void rewardsThatAreNotThere() {
        for (String[] more : new String[][] {{"rewards.scnee.weight=1"}, {"rewards.scnee.weight=1", "--dry-run"}}) {
            assertRefused(train(more), "reward 'scnee'", "did you mean 'scene'");
        }
        String[] large = {"rollout.width=128", "rollout.height=128", "--dry-run"};
        assertRefused(train(large), "reward 'scene' cannot score");
    }

    @Test
    void picturesThatTheModelCannotDraw() {
        assertRefused(train("rollout.width=72"), "multiples of 16", "72 x 64");
    }

    @Test
    void aModelThatIsMissingOrCutShort() throws IOException {
        assertRefused(train("model=" + folder.resolve("nowhere")), "nowhere", "model_index.json");
        List<String> dryRun = new ArrayList<>(List.of("quickstart", "--dry-run"));
        dryRun.addAll(model.arguments("model=" + folder.resolve("nowhere")));
        assertRefused(train(dryRun), "nowhere", "model_index.json");
        MicroModel cut = MicroModel.write(folder.resolve("cut"), 1);
        Path weights = cut.folder().resolve("transformer/diffusion_pytorch_model.safetensors");
        byte[] whole = Files.readAllBytes(weights);
        Files.write(weights, Arrays.copyOf(whole, whole.length / 2));
        assertRefused(train("model=" + cut.folder()), weights.toString());
    }

    @Test
    void aPlanThatCannotBeMade() {
        assertRefused(
                train("officialCompat=true", "window.first=1", "window.last=none"), "officialCompat", "window.first");
    }

    @Test
    void aRunThatCannotSaveSaysHowItGoesOn() throws IOException {
        Path run = Files.createDirectories(folder.resolve("full"));
        String yaml =
                Configuration.load("quickstart", List.of(), model.arguments()).toYaml();
        Files.writeString(run.resolve("config.yaml"), yaml);
        Files.writeString(run.resolve("checkpoints"), "in the way");
        Outcome outcome = train(List.of("--resume", run.toString()));
        assertEquals(1, outcome.code(), outcome.message());
        assertTrue(
                outcome.message()
                        .contains("checkpoints; tools/train --resume %s begins it again, since there is no checkpoint"
                                .formatted(run)),
                outcome.message());
    }

    @Test
    void aRunWithoutFolderOrWithABrokenCheckpoint() throws IOException {
        Path run = folder.resolve("broken");
        assertRefused(train(List.of("--resume", run.toString())), run.toString());
        Path checkpoints = Files.createDirectories(run.resolve("checkpoints"));
        String yaml =
                Configuration.load("quickstart", List.of(), model.arguments()).toYaml();
        Files.writeString(run.resolve("config.yaml"), yaml);
        Path checkpoint = Files.write(checkpoints.resolve("iteration-000002.safetensors"), new byte[100]);
        assertRefused(
                train(List.of("--resume", run.toString(), "seed=9")),
                checkpoint.toString(),
                "without this file the run begins anew");
        try (Stream<Path> files = Files.list(run)) {
            assertEquals(
                    List.of(".lock", "checkpoints", "config.yaml"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        assertEquals(yaml, Files.readString(run.resolve("config.yaml")));
    }
}
