package mixgrpo.tools.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {

    @TempDir
    private Path folder;

    @Test
    void aPresetsNameCountsUpAndAGivenOneMustBeFree() throws IOException {
        Path runs = folder.resolve("runs");
        assertEquals("quickstart", RunFolder.create(runs, "quickstart", false).name());
        assertEquals("quickstart-2", RunFolder.create(runs, "quickstart", false).name());
        assertEquals("quickstart-3", RunFolder.create(runs, "quickstart", false).name());
        assertThrows(FileAlreadyExistsException.class, () -> RunFolder.create(runs, "quickstart", true));
        assertEquals("mine", RunFolder.create(runs, "mine", true).name());
    }

    @Test
    void samplesComeInTheOrderOfIterations() throws IOException {
        RunFolder run = RunFolder.create(folder, "a", false);
        assertEquals(0, run.sampleFiles().size());
        Files.createDirectories(run.samples());
        for (int iterations : new int[] {100, 20, 0}) {
            Files.createFile(run.sample(iterations));
        }
        Files.createFile(run.samples().resolve("notes.txt"));
        assertEquals(List.of(run.sample(0), run.sample(20), run.sample(100)), run.sampleFiles());
    }

    @Test
    void aSummaryComesBack() throws IOException {
        Summary summary = new Summary(
                512.5, 180, 3, 2_500_000_000L, Map.of("scene", new HeldOut(0.5, 0.625, 0.125, 0.1, 0.15, 128)));
        Path file = folder.resolve("summary.json");
        summary.write(file);
        assertEquals(summary, Summary.read(file));
        assertTrue(Files.readString(file).contains("\"tuned\" : 0.625"), Files.readString(file));
        Files.writeString(file, "{");
        assertTrue(assertThrows(IOException.class, () -> Summary.read(file))
                .getMessage()
                .contains("summary.json"));
    }

    @Test
    void whereNothingCanBeCreatedIsFoundOutBeforeAndLeavesNothing() throws IOException {
        assertEquals(Optional.empty(), WritableFolder.refusal(folder.resolve("a/b")));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(Optional.of(file + " is a file"), WritableFolder.refusal(file.resolve("below")));
        assertTrue(
                WritableFolder.refusal(Path.of("/proc/x")).orElseThrow().startsWith("nothing can be created in /proc"));
        assertTrue(assertThrows(IOException.class, () -> RunFolder.create(Path.of("/proc/runs"), "a", true))
                .getMessage()
                .startsWith("/proc/runs: cannot be created: "));
    }

    @Test
    void theIntervalHoldsTheTrueGainNineteenTimesInTwenty() {
        long seed = 11;
        Random random = new Random(seed);
        int held = 0;
        for (int run = 0; run < 200; run++) {
            double[] base = random.doubles(100).toArray();
            double[] tuned = new double[100];
            for (int i = 0; i < 100; i++) {
                tuned[i] = base[i] + 0.05 + 0.2 * random.nextGaussian();
            }
            HeldOut outcome = HeldOut.of(base, tuned);
            held += outcome.low() <= 0.05 && 0.05 <= outcome.high() ? 1 : 0;
            assertEquals(outcome.tuned() - outcome.base(), outcome.delta(), 1e-12);
        }
        assertTrue(held >= 180 && held <= 198, "seed %d: %d of 200".formatted(seed, held));
    }

    @Test
    void nothingGainedIsNoImprovement() {
        double[] rewards = {0.2, 0.4, 0.9};
        assertEquals(new HeldOut(0.5, 0.5, 0, 0, 0, 3), HeldOut.of(rewards, rewards));
        assertFalse(HeldOut.of(rewards, rewards).improved());
        double[] half = new double[12];
        Arrays.fill(half, 0.5);
        assertTrue(HeldOut.of(new double[12], half).improved());
        assertTrue(HeldOut.of(half, new double[12]).worsened());
    }

    /** The interval of one prompt has no width, and that of a few hardly any. */
    @Test
    void fewPromptsAreNoEvidence() {
        HeldOut one = HeldOut.of(new double[] {0}, new double[] {1});
        assertEquals(1, one.low());
        assertFalse(one.improved());
        assertFalse(HeldOut.of(new double[] {1, 1}, new double[2]).worsened());
        assertEquals("too few for an interval", one.interval());
        double[] gained = new double[10];
        Arrays.fill(gained, 0.25);
        assertEquals(
                "95 % interval [+0.250, +0.250]",
                HeldOut.of(new double[10], gained).interval());
    }

    @Test
    void whatAKilledProcessLeftIsDeleted() throws IOException {
        RunFolder run = RunFolder.create(folder, "a", true);
        Files.createDirectories(run.transformer());
        Files.createDirectories(run.checkpoints());
        for (Path in : List.of(run.path(), run.checkpoints(), run.transformer())) {
            Files.createFile(in.resolve(".model.safetensors.12-345.tmp"));
            Files.createFile(in.resolve("model.safetensors"));
        }
        run.deleteLeftovers();
        for (Path in : List.of(run.path(), run.checkpoints(), run.transformer())) {
            assertFalse(Files.exists(in.resolve(".model.safetensors.12-345.tmp")));
            assertTrue(Files.exists(in.resolve("model.safetensors")));
        }
    }
}
