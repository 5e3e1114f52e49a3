package mixgrpo.trainer.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsLogTest {

    @TempDir
    private Path folder;

    @Test
    void linesComeBackBitForBit() throws IOException {
        long seed = 5;
        Random random = new Random(seed);
        Path file = folder.resolve("metrics.jsonl");
        try (MetricsLog log = MetricsLog.open(file, 0)) {
            for (int i = 0; i < 50; i++) {
                log.write(new Measurements(i)
                        .put(Metric.RATIO_MEAN, Double.longBitsToDouble(random.nextLong()))
                        .put(Metric.REWARD_MEAN, "scene", random.nextGaussian() * 1e-12)
                        .put(Metric.SECONDS, Phase.TRAIN, i));
            }
        }
        random = new Random(seed);
        List<Measurements> read = MetricsLog.read(file);
        assertEquals(50, read.size());
        for (int i = 0; i < 50; i++) {
            Measurements line = read.get(i);
            double any = Double.longBitsToDouble(random.nextLong());
            assertEquals(i, line.iteration());
            assertEquals(
                    Double.isFinite(any) ? any : Double.NaN,
                    line.get(Metric.RATIO_MEAN).orElseThrow(),
                    "seed " + seed);
            assertEquals(
                    random.nextGaussian() * 1e-12, line.get("reward.scene.mean").orElseThrow(), "seed " + seed);
            assertEquals(OptionalDouble.of(i), line.get("seconds.train"));
        }
    }

    @Test
    void aLineIsThere() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (MetricsLog log = MetricsLog.open(file, 0)) {
            log.write(new Measurements(0).put(Metric.NFE, 9.75).put(Metric.CLIP_FRACTION, Double.NaN));
            assertEquals("{\"iteration\":0,\"loss.clipFraction\":null,\"rollout.nfe\":9.75}\n", Files.readString(file));
        }
    }

    @Test
    void aResumedRunRepeatsNoIterationAndDropsTheTornLine() throws IOException {
        Path file = Files.writeString(
                folder.resolve("metrics.jsonl"),
                "{\"iteration\":0,\"window.start\":0.0}\n{\"iteration\":1,\"window.start\":0.0}\n{\"iteration\":2,\"windo");
        try (MetricsLog log = MetricsLog.open(file, 1)) {
            log.write(new Measurements(1).put(Metric.WINDOW_START, 7));
        }
        assertEquals(
                "{\"iteration\":0,\"window.start\":0.0}\n{\"iteration\":1,\"window.start\":7.0}\n",
                Files.readString(file));
    }

    @Test
    void aLineOfSomethingElseIsAnErrorWithItsPlace() throws IOException {
        for (String wrong : List.of(
                "", "{}", "{\"iteration\":1.5}", "{\"a\":1}", "{\"iteration\":1,}", "[1]", "{\"iteration\":1} ")) {
            Path file = Files.writeString(
                    folder.resolve("metrics.jsonl"), "{\"iteration\":0}\n" + wrong + "\n{\"iteration\":2}\n");
            IOException error = assertThrows(IOException.class, () -> MetricsLog.read(file), wrong);
            assertTrue(error.getMessage().contains("line 2"), error.getMessage());
        }
    }

    @Test
    void namesAreUniqueAndLeadBackToTheirMetric() {
        Set<String> names = new HashSet<>();
        for (Metric metric : Metric.values()) {
            String name = metric.key().contains("*") ? metric.key("rollout") : metric.key();
            assertTrue(names.add(name), name);
            assertEquals(Optional.of(metric), Metric.of(name));
            assertTrue(metric.meaning().endsWith("."), name);
        }
        assertEquals(Optional.empty(), Metric.of("reward.mean"));
    }

    @Test
    void aMetricOfSeveralNeedsToKnowOfWhich() {
        Measurements line = new Measurements(0);
        assertThrows(IllegalArgumentException.class, () -> line.put(Metric.REWARD_MEAN, 1));
        assertThrows(IllegalArgumentException.class, () -> line.put(Metric.NFE, "scene", 1));
    }
}
