package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import mixgrpo.models.Array;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.models.weights.Component;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.Summary;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of a micro model. */
@Tag("slow")
class TrainingRunTest {

    @TempDir
    private Path folder;

    private MicroModel model;

    @BeforeEach
    void writeModel() throws IOException {
        model = MicroModel.write(folder.resolve("model"), 9);
    }

    private static final class Silent implements Display {
        private final StringBuilder said = new StringBuilder();
        private int done;
        private int planned;
        private int measured;
        private int toMeasure;

        @Override
        public void update(int done, String remark) {
            this.done = done;
        }

        @Override
        public void planned(int iterations) {
            planned = iterations;
        }

        @Override
        public void measured(int done, int all) {
            measured = done;
            toMeasure = all;
        }

        @Override
        public void say(String text) {
            said.append(text).append('\n');
        }
    }

    private RunFolder newFolder(String name, Configuration configuration) throws IOException {
        RunFolder run = RunFolder.create(folder.resolve("runs"), name, true);
        AtomicFile.write(run.config(), configuration.toYaml().getBytes(StandardCharsets.UTF_8));
        return run;
    }

    private static Summary run(RunFolder run, Configuration configuration, Display display, BooleanSupplier stop)
            throws IOException {
        try (RunSession session = new RunSession(configuration.config())) {
            return new TrainingRun(session, run).run(display, stop);
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void assertSameEnd(RunFolder whole, RunFolder resumed) throws IOException {
        assertEquals(MicroModel.metrics(whole), MicroModel.metrics(resumed));
        assertEquals(names(whole.checkpoints()), names(resumed.checkpoints()));
        for (String name : names(whole.checkpoints())) {
            assertArrayEquals(
                    Files.readAllBytes(whole.checkpoints().resolve(name)),
                    Files.readAllBytes(resumed.checkpoints().resolve(name)),
                    name);
        }
        String weights = Files.exists(whole.lora())
                ? whole.lora().getFileName().toString()
                : "transformer/diffusion_pytorch_model.safetensors";
        assertArrayEquals(
                Files.readAllBytes(whole.path().resolve(weights)),
                Files.readAllBytes(resumed.path().resolve(weights)));
        assertEquals(
                Summary.read(whole.summary()).heldOut(),
                Summary.read(resumed.summary()).heldOut());
    }

    /**
     * Runs to the end, and again with a stop after {@code stopAfter} iterations and new objects.
     *
     * @return the folder of the uninterrupted run
     */
    private RunFolder assertResumesBitIdentically(int stopAfter, int savedAt, String... arguments) throws IOException {
        Configuration configuration = model.configuration(arguments);
        RunFolder whole = newFolder("whole-" + stopAfter, configuration);
        run(whole, configuration, new Silent(), () -> false);
        RunFolder resumed = newFolder("resumed-" + stopAfter, configuration);
        Silent display = new Silent();
        assertNull(run(resumed, configuration, display, () -> display.done == stopAfter));
        assertFalse(Files.exists(resumed.summary()));
        assertFalse(Files.exists(resumed.transformer()), "half-trained weights must not pass for tuned ones");
        assertTrue(Files.readString(resumed.report()).contains("This run is not finished"));
        Configuration again = Configuration.ofRun(resumed.config(), List.of());
        assertEquals(configuration.config(), again.config());
        assertEquals(savedAt, TrainingRun.iterationsDone(resumed, again.config()));
        run(resumed, again, new Silent(), () -> false);
        assertSameEnd(whole, resumed);
        return whole;
    }

    /** There is no time at all, so it is the least number whatever this machine is doing. */
    @Test
    void aRunWithoutTimeEndsLikeOneThatWasToHaveTheLeastIterations() throws IOException {
        Configuration limited = model.configuration("iterations=300", "maxMinutes=0.001", "optimizer.schedule=linear");
        RunFolder inTime = newFolder("in-time", limited);
        Silent display = new Silent();
        assertEquals(
                TimeLimit.FEWEST, run(inTime, limited, display, () -> false).iterations());
        assertEquals(TimeLimit.FEWEST, display.planned);
        assertEquals(
                "an iteration takes _ s here: 20 iterations instead of 300, to end within 0.001 minutes (maxMinutes=0 makes all)",
                display.said.toString().lines().findFirst().orElseThrow().replaceFirst("takes [0-9.]+ s", "takes _ s"));
        Configuration planned = limited.withIterations(TimeLimit.FEWEST);
        RunFolder whole = newFolder("least", planned);
        run(whole, planned, new Silent(), () -> false);
        assertSameEnd(whole, inTime);
    }

    @Test
    void aStoppedRunEndsLikeOneThatWasNot() throws IOException {
        RunFolder run = assertResumesBitIdentically(3, 3, "evaluate.every=2", "optimizer.emaDecay=0.9");
        List<Measurements> metrics = MetricsLog.read(run.metrics());
        assertEquals(4, metrics.size());
        for (Measurements line : metrics) {
            double deviation = line.get(Metric.LOG_PROB_DEVIATION_MEAN).orElseThrow();
            assertTrue(deviation < 1e-6, "engine and trainer differ by " + deviation);
            assertTrue(line.get(Metric.GRADIENT_NORM).orElseThrow() > 0);
            assertEquals(
                    line.iteration() % 2 == 1 && line.iteration() < 3,
                    line.get("evaluate.jpeg.mean").isPresent());
        }
        // Window [1, 3) of six: two shared calls, one in the window, ceil(.5 * 3) = 2 behind it.
        assertEquals(2. / 4 + 1 + 2, metrics.get(0).get(Metric.NFE).orElseThrow());
        Summary summary = Summary.read(run.summary());
        assertEquals(4, summary.iterations());
        assertEquals(
                List.of("jpeg", "scene", "strict"),
                summary.heldOut().keySet().stream().sorted().toList());
        assertEquals(2, summary.heldOut().get("jpeg").prompts());
        assertTrue(Files.size(run.report()) > 1000);
        assertEquals(List.of(run.sample(2), run.sample(4)), run.sampleFiles());
        try (Component tuned = Component.open(run.path().resolve("transformer"));
                Component base = Component.open(model.folder().resolve("transformer"))) {
            String key = "proj_out.weight";
            assertFalse(
                    Arrays.equals(tuned.weights().floats(key), base.weights().floats(key)));
            assertEquals(base.config(), tuned.config());
        }
    }

    @Test
    void theMeasurementIsWatchedAndCanBeStopped() throws IOException {
        Configuration configuration = model.configuration("iterations=1");
        RunFolder run = newFolder("measured", configuration);
        Silent stopping = new Silent();
        assertNull(run(run, configuration, stopping, () -> stopping.measured > 0));
        assertEquals(4, stopping.measured);
        assertFalse(Files.exists(run.summary()) || Files.exists(run.transformer()));
        Silent display = new Silent();
        assertEquals(1, run(run, configuration, display, () -> false).iterations());
        assertEquals(2 * 2 * 2 + 2, display.toMeasure); // base and tuned, prompts, seeds; then the development prompts
        assertEquals(display.toMeasure, display.measured);
        assertTrue(Files.exists(run.transformer()));
    }

    @Test
    void brokenMetricsAreRefusedBeforeAnythingIsWritten() throws IOException {
        Configuration configuration = model.configuration("iterations=1");
        RunFolder run = newFolder("broken", configuration);
        Files.writeString(run.metrics(), "garbage\n");
        try (RunSession session = new RunSession(configuration.config())) {
            GivenException refused = assertThrows(GivenException.class, () -> new TrainingRun(session, run));
            assertTrue(
                    refused.getMessage()
                            .startsWith(run.metrics() + ", line 1: not a line of metrics: 'garbage'; without"),
                    refused.getMessage());
        }
        assertEquals(List.of("config.yaml", "metrics.jsonl"), names(run.path()));
    }

    @Test
    void checkpointsAndAStopWaitForASync() throws IOException {
        assertResumesBitIdentically(1, 2, "sync.every=2", "iterations=5", "checkpoint.keep=4");
        assertEquals(
                List.of("iteration-000002.safetensors", "iteration-000004.safetensors", "iteration-000005.safetensors"),
                names(folder.resolve("runs/whole-1/checkpoints")));
        List<Measurements> metrics = MetricsLog.read(folder.resolve("runs/whole-1/metrics.jsonl"));
        for (Measurements line : metrics) {
            assertEquals(
                    line.iteration() % 2 == 0,
                    line.get(Metric.LOG_PROB_DEVIATION_MEAN).isPresent(),
                    "engine and policy have the same weights every other iteration");
            assertEquals(
                    line.iteration() % 2 == 1, line.get(Metric.SYNC_PARITY).isPresent(), "a sync ends every other");
            assertEquals(line.iteration() % 2 == 1, line.get(Metric.SYNC_BYTES).isPresent());
        }
    }

    @Test
    void weightsAsInputsTrainAsSessionsDo() throws IOException {
        double[] rewards = new double[2];
        for (int i = 0; i < 2; i++) {
            Configuration configuration =
                    model.configuration("sync.mode=" + (i == 0 ? "session" : "inputs"), "iterations=3");
            RunFolder run = newFolder("mode-" + i, configuration);
            run(run, configuration, new Silent(), () -> false);
            Measurements last = MetricsLog.read(run.metrics()).get(2);
            assertEquals(4 * parameters(), last.get(Metric.SYNC_BYTES).orElseThrow(), "all weights in float32");
            double parity = last.get(Metric.SYNC_PARITY).orElseThrow();
            assertTrue(parity < 1e-5, "engine and trainer differ by " + parity);
            rewards[i] = last.get("reward.jpeg.mean").orElseThrow();
        }
        // Last bits of the engine's sums differ, and pictures of 8-bit colours hide that mostly.
        assertEquals(rewards[0], rewards[1], 1e-2 * Math.abs(rewards[0]));
    }

    /** The policy of the moment is not the one that sampled, so it cannot say what that one's log-probs were. */
    @Test
    void recomputedLogProbsNeedASyncInEveryIteration() throws IOException {
        Configuration configuration = model.configuration("sync.every=2", "loss.oldLogProb=recompute");
        String message = assertThrows(IllegalArgumentException.class, () -> new RunSession(configuration.config()))
                .getMessage();
        assertTrue(message.startsWith("sync.every: expected 1"), message);
    }

    private static long parameters() {
        return MicroModel.transformer(1).shapes().values().stream()
                .mapToLong(Array::elements)
                .sum();
    }

    @Test
    void adaptersResumeToo() throws IOException {
        assertResumesBitIdentically(
                2, 2, "train.mode=lora", "train.lora.rank=2", "optimizer.emaDecay=0.9", "iterations=3");
    }

    @Test
    void aRunKilledBehindACheckpointDoesTheLostIterationsAgain() throws IOException {
        Configuration configuration = model.configuration("checkpoint.every=2", "iterations=3");
        RunFolder whole = newFolder("whole", configuration);
        run(whole, configuration, new Silent(), () -> false);
        // What is there when the process dies in iteration 3: no checkpoint of its end, a line of metrics cut short.
        RunFolder killed = newFolder("killed", configuration);
        Silent display = new Silent();
        run(killed, configuration, display, () -> display.done == 2);
        String lines = Files.readString(killed.metrics());
        Files.writeString(killed.metrics(), lines + "{\"iteration\":2,\"adv");
        Path half = Files.writeString(killed.checkpoints().resolve(".iteration-000003.safetensors.1-1.tmp"), "half");
        killed.deleteLeftovers();
        assertFalse(Files.exists(half));
        run(killed, configuration, new Silent(), () -> false);
        assertEquals(MicroModel.metrics(whole), MicroModel.metrics(killed));
        String last = "iteration-000003.safetensors";
        assertArrayEquals(
                Files.readAllBytes(whole.checkpoints().resolve(last)),
                Files.readAllBytes(killed.checkpoints().resolve(last)));
    }

    /** The outcome of before is none of the run that goes on, whose own is measured as soon as it may. */
    @Test
    void aRunThatGoesOnIsNotCompleteBeforeItIsMeasuredAgain() throws IOException {
        Configuration shorter = model.configuration("iterations=1");
        RunFolder run = newFolder("extended", shorter);
        Summary first = run(run, shorter, new Silent(), () -> false);
        assertEquals(Optional.of(first), TrainingRun.achieved(run, shorter.config()));
        Configuration longer = model.configuration("iterations=2");
        assertEquals(Optional.empty(), TrainingRun.achieved(run, longer.config()));
        Silent display = new Silent();
        assertNull(run(run, longer, display, () -> display.measured > 0));
        assertEquals(2, TrainingRun.iterationsDone(run, longer.config()));
        assertEquals(first, Summary.read(run.summary()), "the old one is still there");
        assertEquals(Optional.empty(), TrainingRun.achieved(run, longer.config()));
        Summary second = run(run, longer, new Silent(), () -> false);
        assertEquals(2, second.iterations());
        assertEquals(Optional.of(second), TrainingRun.achieved(run, longer.config()));
    }

    @Test
    void windowsThatStopEndTheRun() throws IOException {
        Configuration configuration =
                model.configuration("window.end=stop", "window.shiftInterval=1", "window.last=3", "iterations=9");
        RunFolder run = newFolder("stop", configuration);
        assertEquals(2, run(run, configuration, new Silent(), () -> false).iterations());
        assertEquals(List.of(run.sample(2)), run.sampleFiles());
        try (RunSession session = new RunSession(configuration.config())) {
            assertEquals(2, session.config().iterations(), "what progress and learning rate count on");
        }
    }
}
