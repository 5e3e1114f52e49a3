package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import mixgrpo.runtime.reward.Reward;
import mixgrpo.tools.run.FolderLock;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.train.MicroModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tools/train} as a process of its own, in a folder of its own. */
@Tag("slow")
class KilledRunTest {

    private static final long PATIENCE_SECONDS = 600;
    private static final int ITERATIONS = 8;

    @TempDir
    private Path folder;

    private MicroModel model;

    @BeforeEach
    void writeModel() throws IOException {
        model = MicroModel.write(folder.resolve("model"), 3);
    }

    /** A folder on the class path of the runs, for rewards of a test's own. */
    private Path services() {
        return folder.resolve("services");
    }

    private Path output() {
        return folder.resolve("output.txt");
    }

    private Process start(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-Djava.awt.headless=true",
                "-Dai.djl.pytorch.num_threads=1",
                "-Dai.djl.pytorch.num_interop_threads=1",
                "-Dmixgrpo.threads=1",
                Main.class.getName(),
                "train"));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        // As the launchers do: a long command line overflows the stack of ONNX Runtime's start.
        builder.environment()
                .put(
                        "CLASSPATH",
                        services()
                                + File.pathSeparator
                                + System.getProperty(
                                        "surefire.test.class.path", System.getProperty("java.class.path")));
        return builder.directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output().toFile())
                .start();
    }

    private List<String> fresh(String name) {
        List<String> arguments = new ArrayList<>(List.of("quickstart"));
        arguments.addAll(model.arguments("name=" + name, "iterations=" + ITERATIONS, "checkpoint.every=3"));
        return arguments;
    }

    private int train(List<String> arguments) throws IOException, InterruptedException {
        Process process = start(arguments);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return process.waitFor();
    }

    private String said() throws IOException {
        return Files.readString(output(), StandardCharsets.UTF_8);
    }

    /** Kills a run as soon as it has done so many iterations and a moment more. */
    private void kill(Process process, Path metrics, int iterations, long milliseconds)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (process.isAlive() && System.nanoTime() < end) {
            if (Files.exists(metrics) && Files.readAllLines(metrics).size() >= iterations) {
                Thread.sleep(milliseconds);
                break;
            }
            Thread.sleep(5);
        }
        process.destroyForcibly().waitFor();
    }

    @Test
    void aKilledRunEndsWithTheWeightsOfOneThatWasNot() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        assertEquals(0, train(fresh("whole")), this::lastWords);
        Path whole = folder.resolve("runs/whole");
        Path killed = folder.resolve("runs/killed");
        Path metrics = killed.resolve("metrics.jsonl");
        kill(start(fresh("killed")), metrics, 1 + random.nextInt(3), random.nextInt(300));
        assertFalse(Files.exists(killed.resolve("summary.json")));
        List<String> resume = List.of("--resume", killed.toString());
        kill(start(resume), metrics, 4 + random.nextInt(3), random.nextInt(300));
        assertEquals(0, train(resume), this::lastWords);
        assertFalse(
                said().contains("deprecated"),
                this::lastWords); // libtorch warned where weights were written with NDArray.set
        for (String file : List.of(
                "checkpoints/iteration-%06d.safetensors".formatted(ITERATIONS),
                "transformer/diffusion_pytorch_model.safetensors")) {
            assertTrue(said().contains(", going on at iteration "), said());
            assertArrayEquals(
                    Files.readAllBytes(whole.resolve(file)),
                    Files.readAllBytes(killed.resolve(file)),
                    file + ", killed at moments of seed " + seed);
        }
        assertEquals(
                MicroModel.metrics(new RunFolder(whole)),
                MicroModel.metrics(new RunFolder(killed)),
                "metrics, killed at moments of seed " + seed);
        for (Path run : List.of(whole, killed)) {
            assertTrue(Files.readString(run.resolve("config.yaml")).contains("mode: inputs"), "what auto came to");
        }
        Files.delete(killed.resolve("report.html"));
        assertEquals(0, train(resume), this::lastWords);
        assertTrue(Files.exists(killed.resolve("report.html")));
        assertTrue(said().startsWith("this run is complete; iterations=N with more than 8 goes on"), said());
        // The name is taken now, and it is the user's.
        assertEquals(2, train(fresh("killed")), this::lastWords);
        assertTrue(said().contains("name: runs/killed exists already"), said());
        assertTrue(said().contains("tools/train --resume runs/killed goes on"), said());
    }

    @Test
    void whatGoesWrongInARunIsTheRunsFault() throws Exception {
        Files.createDirectories(services().resolve("META-INF/services"));
        Files.writeString(
                services().resolve("META-INF/services").resolve(Reward.class.getName()),
                InfiniteReward.class.getName());
        List<String> arguments = fresh("infinite");
        arguments.add("rewards.infinite.weight=1");
        assertEquals(1, train(arguments), this::lastWords);
        assertTrue(said().contains("tools/train: reward 'infinite'"), said());
        assertTrue(
                said().contains("tools/train --resume runs/infinite begins it again, since there is no checkpoint yet"),
                said());
        assertFalse(said().contains("\tat "), said());
    }

    @Test
    void aFolderHasOneProcessAtATime() throws Exception {
        Path run = folder.resolve("runs/busy");
        List<String> arguments = fresh("busy");
        arguments.add("iterations=100000");
        Process process = start(arguments);
        try {
            while (process.isAlive() && !Files.exists(run.resolve("metrics.jsonl"))) {
                Thread.sleep(20);
            }
            StringWriter err = new StringWriter();
            int code = Main.commandLine("train", new TrainCommand())
                    .setErr(new PrintWriter(err))
                    .execute("--resume", run.toString());
            assertEquals(2, code, err::toString);
            assertTrue(err.toString().startsWith("tools/train: %s: another process".formatted(run)), err::toString);
            assertTrue(process.isAlive(), this::lastWords);
        } finally {
            process.destroyForcibly().waitFor();
        }
        FolderLock.of(run).close(); // it went with the process
    }

    private String lastWords() {
        try {
            return said();
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void anOutputFolderThatIsNoneIsRefusedAtOnce() throws Exception {
        Files.writeString(folder.resolve("runs"), "a file");
        assertEquals(2, train(fresh("any")), this::lastWords);
        assertTrue(said().contains("runs: expected a folder that can be written to"), said());
        assertEquals("a file", Files.readString(folder.resolve("runs")));
    }
}
