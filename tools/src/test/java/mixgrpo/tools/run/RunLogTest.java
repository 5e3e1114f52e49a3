package mixgrpo.tools.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import mixgrpo.runtime.image.Image;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {

    @TempDir
    private Path folder;

    @Test
    void whatIsWrittenIsInTheLogInTheSamplesAndInTheEvents() throws IOException {
        RunFolder run = RunFolder.create(folder, "a", true);
        Image grid = SampleGrid.of(List.of(new SampleGrid.Pair("a red circle", plain(0.25f), plain(0.75f))), 1);
        try (RunLog log = RunLog.open(run, 0)) {
            log.write(new Measurements(0).put(Metric.REWARD_MEAN, "scene", 0.5));
            log.write(1, grid);
        }
        assertEquals(1, MetricsLog.read(run.metrics()).size());
        Image read = Image.read(run.sampleFiles().get(0));
        assertEquals(List.of(grid.width(), grid.height()), List.of(read.width(), read.height()));
        try (var files = Files.list(run.tensorboard())) {
            String events =
                    new String(Files.readAllBytes(files.findFirst().orElseThrow()), StandardCharsets.ISO_8859_1);
            assertTrue(events.contains("reward/scene/mean") && events.contains("\u0089PNG"), events);
        }
    }

    @Test
    void aResumedRunWritesEachIterationOnce() throws IOException {
        RunFolder run = RunFolder.create(folder, "a", true);
        for (int from : new int[] {0, 2}) {
            try (RunLog log = RunLog.open(run, from)) {
                for (int i = from; i < from + 3; i++) {
                    log.write(new Measurements(i).put(Metric.NFE, i));
                }
            }
        }
        assertEquals(
                List.of(0, 1, 2, 3, 4),
                MetricsLog.read(run.metrics()).stream()
                        .map(Measurements::iteration)
                        .toList());
    }

    @Test
    void theBaseIsLeftOfNow() {
        Image grid = SampleGrid.of(Collections.nCopies(5, new SampleGrid.Pair("p", plain(0.25f), plain(0.75f))), 2);
        float[] left = pixel(grid, 14 + 64, 100);
        float[] right = pixel(grid, 14 + 128 + 6 + 64, 100);
        assertArrayEquals(new float[] {64 / 255f, 64 / 255f, 64 / 255f}, left);
        assertArrayEquals(new float[] {191 / 255f, 191 / 255f, 191 / 255f}, right);
        assertThrows(IllegalArgumentException.class, () -> SampleGrid.of(List.of(), 2));
    }

    @Test
    void aPromptOfAnyLengthFits() {
        String prompt = "three small green stars and a purple ring ".repeat(9);
        Image one = SampleGrid.of(List.of(new SampleGrid.Pair("p", plain(0), plain(1))), 1);
        Image two = SampleGrid.of(List.of(new SampleGrid.Pair(prompt, plain(0), plain(1))), 1);
        assertEquals(one.height(), two.height());
    }

    private static float[] pixel(Image image, int x, int y) {
        int at = 3 * (y * image.width() + x);
        return Arrays.copyOfRange(image.rgb(), at, at + 3);
    }

    private static Image plain(float grey) {
        float[] rgb = new float[3 * 64 * 64];
        Arrays.fill(rgb, grey);
        return new Image(64, 64, rgb);
    }
}
