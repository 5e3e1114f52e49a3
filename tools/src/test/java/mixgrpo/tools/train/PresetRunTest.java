package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short run of a micro model by every preset of the method's variants: 8 steps, 2 prompts of 4 images, 2 updates an iteration. */
@Tag("slow")
class PresetRunTest {

    private static final Display SILENT = new Display() {
        @Override
        public void update(int done, String remark) {}

        @Override
        public void planned(int iterations) {}

        @Override
        public void measured(int done, int all) {}

        @Override
        public void say(String text) {}
    };

    @TempDir
    private Path folder;

    private List<Measurements> run(String preset, String... arguments) throws IOException {
        Configuration configuration =
                MicroModel.write(folder.resolve("model"), 9).preset(preset, arguments);
        RunFolder run = RunFolder.create(folder.resolve("runs"), preset, false);
        AtomicFile.write(run.config(), configuration.toYaml().getBytes(StandardCharsets.UTF_8));
        try (RunSession session = new RunSession(configuration.config())) {
            new TrainingRun(session, run).run(SILENT, () -> false);
        }
        return MetricsLog.read(run.metrics());
    }

    private List<Measurements> train(String preset, String... arguments) throws IOException {
        List<Measurements> metrics = run(preset, arguments);
        assertEquals(3, metrics.size());
        for (Measurements line : metrics) {
            assertTrue(line.get(Metric.GRADIENT_NORM).orElseThrow() > 0, preset);
            // The engine's log-probs are the trainer's before its updates: what was kept is what is trained on.
            double elements = List.of(arguments).contains("loss.logProb=sum") ? 256 : 1;
            double deviation = line.get(Metric.LOG_PROB_DEVIATION_MAX).orElseThrow();
            assertTrue(deviation < 1e-5 * elements, preset + " " + List.of(arguments) + ": " + deviation);
        }
        return metrics;
    }

    private static void assertCalls(Measurements line, double start, double nfe, double rows) {
        assertEquals(start, line.get(Metric.WINDOW_START).orElseThrow());
        assertEquals(nfe, line.get(Metric.NFE).orElseThrow(), 1e-9);
        assertEquals(rows, line.get(Metric.TRAIN_FORWARDS).orElseThrow());
    }

    @Test
    void mixgrpo() throws IOException {
        List<Measurements> metrics = train("mixgrpo");
        // A shared row and three of each of two images, in two updates for two prompts.
        assertCalls(metrics.get(0), 0, 1 / 4. + 7, 2 * 2 * (1 + 3 * 2));
        assertCalls(metrics.get(2), 2, 3 / 4. + 5, 2 * 2 * (1 + 3 * 2));
    }

    @Test
    void flash() throws IOException {
        List<Measurements> metrics = train("flash");
        assertCalls(metrics.get(0), 0, 1 / 4. + 3 + 2, 2 * 2 * (1 + 3 * 2)); // ceil(.4 * 4) = 2 steps behind
        assertCalls(metrics.get(2), 2, 3 / 4. + 3 + 1, 2 * 2 * (1 + 3 * 2));
    }

    @Test
    void flashStar() throws IOException {
        List<Measurements> metrics = train("flash-star");
        assertCalls(metrics.get(0), 0, 1 / 4. + 3 + 1, 2 * 2 * (1 + 3 * 2));
        assertCalls(metrics.get(2), 0, 1 / 4. + 3 + 1, 2 * 2 * (1 + 3 * 2));
    }

    @Test
    void dancegrpo() throws IOException {
        List<Measurements> metrics = train("dancegrpo", "window.last=6");
        for (Measurements line : metrics) {
            assertEquals(7, line.get(Metric.WINDOW_SIZE).orElseThrow());
            assertEquals(1 / 4. + 7, line.get(Metric.NFE).orElseThrow());
            // floor(.6 * 7) = 4 steps of each of 8 images; a step from shared latents is one row for several of them.
            double rows = line.get(Metric.TRAIN_FORWARDS).orElseThrow();
            assertTrue(rows <= 8 * 4 && rows >= 8 * 4 - 4, "rows " + rows);
        }
    }

    @Test
    void everyObjectiveTrains() throws IOException {
        for (String keys : List.of(
                "loss.objective=guard loss.clipRange=0.00001 loss.oldLogProb=recompute",
                "loss.objective=trust-region loss.oldLogProb=recompute loss.stepWeights=noise-aware",
                "loss.logProb=sum loss.clipRange=0.05",
                "loss.scope=global loss.trimmedRatio=0.3 loss.rewardWeights=given loss.klCoefficient=0.1")) {
            for (Measurements line : train("flash", keys.split(" "))) {
                assertTrue(line.get(Metric.LOSS).isPresent(), keys);
                assertTrue(line.get(Metric.LOSS_REFERENCE).isEmpty(), keys);
            }
        }
    }

    @Test
    void everyReferencePulls() throws IOException {
        for (String keys : List.of(
                "loss.reference=velocity",
                "loss.reference=gaussian loss.referenceCoefficient=0.5 train.mode=lora train.lora.rank=2",
                "loss.reference=gaussian window.strategy=all window.fraction=0.5 window.last=6")) {
            for (Measurements line : train("mixgrpo", keys.split(" "))) {
                // The second update of the first iteration is away from the reference already.
                assertTrue(line.get(Metric.LOSS_REFERENCE).orElseThrow() > 0, keys);
            }
        }
    }

    @Test
    void everyKindOfTrajectoryTrains() throws IOException {
        for (String keys : List.of(
                "rollout.kernel=dpm window.last=6",
                "rollout.kernel=cps rollout.eta=0.8 rollout.schedule=dynamic",
                "rollout.schedule=sd3 window.strategy=linear-decay window.shiftInterval=2",
                "rollout.schedule=list rollout.steps=4 rollout.sigmas=[1,0.9,0.7,0.4,0] window.strategy=list window.starts=[0]",
                "pre.ratio=0.5 pre.solver=dpmsolver++ pre.order=2 window.first=3 rollout.batch=3",
                "optimizer.minibatches=3 officialCompat=true")) {
            train("flash", keys.split(" "));
        }
    }

    @Test
    void anEmptyPublishedWindowTrainsNothing() throws IOException {
        // Windows of the published code in 8 steps: [4, 6), [5, 6), nothing, then from the first again.
        List<Measurements> metrics = run(
                "mixgrpo",
                "officialCompat=true",
                "iterations=8",
                "loss.reference=velocity",
                "rewards.sharpness.weight=1");
        for (Measurements line : metrics) {
            int size = Math.min(4, 6 - line.iteration());
            boolean empty = line.iteration() == 6;
            assertEquals(
                    line.iteration() == 7 ? 4 : size,
                    line.get(Metric.WINDOW_SIZE).orElseThrow());
            assertEquals(empty, line.get(Metric.GRADIENT_NORM).isEmpty());
            if (empty) {
                assertEquals(8 / 4., line.get(Metric.NFE).orElseThrow());
            }
        }
    }

    @Test
    void flowGrpoFast() throws IOException {
        List<Measurements> metrics = train("flow-grpo-fast", "window.last=4");
        for (Measurements line : metrics) {
            double start = line.get(Metric.WINDOW_START).orElseThrow();
            assertTrue(start <= 3);
            assertCalls(line, start, (start + 1) / 4 + 7 - start, 2 * 2 * (1 + 2));
        }
    }
}
