package mixgrpo.tools.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.run.HeldOut;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.Summary;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.MetricsLog;
import mixgrpo.trainer.metrics.Phase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

    private static final int ITERATIONS = 180;

    @TempDir
    private Path folder;

    /** A run as the loop leaves it, with made-up numbers. */
    private RunFolder run(int iterations, boolean finished) throws IOException {
        RunFolder run = RunFolder.create(folder, "quickstart", false);
        Files.writeString(
                run.config(),
                Configuration.load("quickstart", List.of(), List.of()).toYaml());
        Random random = new Random(1);
        try (MetricsLog log = MetricsLog.open(run.metrics(), 0)) {
            for (int i = 0; i < iterations; i++) {
                log.write(line(i, random));
            }
        }
        Files.createDirectories(run.samples());
        for (int done : new int[] {1, 60, 120, 180}) {
            ImageIO.write(grid(done, random), "png", run.sample(done).toFile());
        }
        if (finished) {
            Map<String, HeldOut> heldOut = new LinkedHashMap<>();
            heldOut.put("scene", new HeldOut(0.557, 0.638, 0.081, 0.052, 0.110, 128));
            heldOut.put("strict", new HeldOut(0.247, 0.365, 0.118, 0.076, 0.162, 128));
            heldOut.put("sharpness <raw>", new HeldOut(0.441, 0.438, -0.003, -0.021, 0.016, 128));
            heldOut.put("of one", new HeldOut(0.2, 0.3, 0.1, 0.1, 0.1, 1));
            new Summary(561, iterations, 1, 2_410_000_000L, heldOut).write(run.summary());
        }
        return run;
    }

    private static Measurements line(int i, Random random) {
        double learned = 1 - Math.exp(-i / 90.0);
        Measurements line = new Measurements(i)
                .put(Metric.REWARD_MEAN, "scene", 0.55 + 0.07 * learned + 0.02 * random.nextGaussian())
                .put(Metric.REWARD_STD, "scene", 0.16 - 0.02 * learned + 0.005 * random.nextGaussian())
                .put(Metric.REWARD_MEAN, "strict", 0.24 + 0.1 * learned + 0.03 * random.nextGaussian())
                .put(Metric.RATIO_MEAN, 1 + 1e-6 * random.nextGaussian())
                .put(Metric.RATIO_DEVIATION, 4e-5 * (1 + 0.3 * random.nextGaussian()))
                .put(Metric.LOG_PROB_DEVIATION_MEAN, 2e-7 * (1 + 0.2 * random.nextGaussian()))
                .put(Metric.CLIP_FRACTION, Math.abs(0.08 * random.nextGaussian()))
                .put(Metric.GRADIENT_NORM, 0.4 + 0.1 * Math.abs(random.nextGaussian()))
                .put(Metric.LEARNING_RATE, 5e-5 * Math.min(1, 0.1 + 1.8 * (1 - i / 180.0)))
                .put(Metric.ADVANTAGE_ZERO_GROUPS, Math.abs(0.02 * random.nextGaussian()))
                .put(Metric.WINDOW_START, 2 + i / 20 % 3)
                .put(Metric.WINDOW_SIZE, 2)
                .put(Metric.NFE, 4.5 + i / 20 % 3 * 0.3)
                .put(Metric.IMAGES_PER_SECOND, 88 + random.nextGaussian())
                .put(Metric.MEMORY_PEAK, 2.3e9)
                .put(Metric.ITERATION_SECONDS, 3.05);
        double[] seconds = {1.2, 0.15, 0.1, 1.4, 0.08, 0.02};
        for (Phase phase : Phase.values()) {
            line.put(Metric.SECONDS, phase, seconds[phase.ordinal()]);
        }
        if (i % 40 == 0) {
            line.put(Metric.EVALUATION_MEAN, "scene", 0.55 + 0.08 * learned);
        }
        return line;
    }

    /** Eight prompts across, the base's picture above the one of now. */
    private static BufferedImage grid(int done, Random random) {
        BufferedImage grid = new BufferedImage(8 * 66, 2 * 66, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = grid.createGraphics();
        for (int k = 0; k < 16; k++) {
            g.setColor(new Color(235, 232, 226));
            g.fillRect(k % 8 * 66 + 1, k / 8 * 66 + 1, 64, 64);
            g.setColor(Color.getHSBColor(k % 8 / 8f, 0.7f, 0.8f));
            int size = k < 8 ? 14 : 14 + done / 12;
            g.fillOval(k % 8 * 66 + 10 + random.nextInt(16), k / 8 * 66 + 10 + random.nextInt(16), size, size);
        }
        g.dispose();
        return grid;
    }

    private static String page(RunFolder run) throws IOException {
        Report.write(run);
        return Files.readString(run.report());
    }

    /** With {@code -Dreport.keep=FILE} the page stays, to be looked at. */
    @Test
    void thePageHoldsTheWholeRunAndNeedsNothingElse() throws IOException {
        RunFolder run = run(ITERATIONS, true);
        String page = page(run);
        String keep = System.getProperty("report.keep");
        if (keep != null) {
            Files.writeString(Path.of(keep), page);
        }
        for (String text : List.of(
                "<h1>quickstart</h1>",
                "180 iterations · 9 min 21 s · seed 1 · 2.41 GB memory at most · 88.0 pictures a second",
                "<span class=\"from\">0.557</span>",
                "+0.081",
                "−0.021 to +0.016",
                "sharpness &lt;raw&gt;",
                "after 180 iterations",
                "after 60 iterations",
                "A green frame: all of the prompt is met",
                "window: steps 2–3, iterations 1 to 20",
                "window: steps 4–5, iterations 161 to 180",
                "shiftInterval: 15")) {
            assertTrue(page.contains(text), text);
        }
        assertEquals(4, page.split("data:image/png;base64,", -1).length - 1);
        String outside = page.replaceAll("data:image/png;base64,[A-Za-z0-9+/=]+", "");
        assertFalse(outside.matches("(?s).*(https?:|src=\"[^\"]|<script|<link|@import|url\\().*"), "reaches outside");
    }

    @Test
    void everyDrawingIsWellFormed() throws Exception {
        String page = page(run(ITERATIONS, true));
        int drawings = 0;
        for (int at = page.indexOf("<svg"); at >= 0; at = page.indexOf("<svg", at + 1)) {
            String svg = page.substring(at, page.indexOf("</svg>", at) + 6);
            DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
            assertFalse(svg.contains("NaN") || svg.contains("Infinity"), svg);
            drawings++;
        }
        assertTrue(drawings >= 10, drawings + " drawings");
    }

    @Test
    void everyMetricThatWasMeasuredIsExplained() throws IOException {
        String page = page(run(ITERATIONS, true));
        for (String name : line(0, new Random(1)).values().keySet()) {
            assertTrue(page.contains("<code>%s</code>".formatted(name)), name);
        }
    }

    @Test
    void anUnfinishedRunHasAPageOfWhatThereIs() throws IOException {
        for (int iterations : new int[] {0, 1, 2, 7}) {
            String page = page(run(iterations, false));
            assertTrue(page.contains("This run is not finished"), page);
            assertEquals(
                    iterations == 1, page.contains("<p class=\"facts\">1 iteration ·"), "iterations " + iterations);
            assertFalse(page.contains("NaN") || page.contains("Infinity"), "iterations " + iterations);
        }
    }

    @Test
    void numbersLookTheSameInEveryLanguage() throws IOException {
        Locale before = Locale.getDefault();
        String english = page(run(20, true));
        try {
            Locale.setDefault(Locale.GERMANY);
            assertEquals(english.replace("quickstart", ""), page(run(20, true)).replaceAll("quickstart(-2)?", ""));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void ticksAreRound() {
        assertEquals(List.of(0.0, 50.0, 100.0, 150.0), LineChart.ticks(0, 180, LineChart.step(180, 4)));
        assertEquals(List.of(-1.0, 0.0, 1.0), LineChart.ticks(-1.2, 1.2, LineChart.step(2.4, 3)));
        assertEquals(List.of(1.0, 50.0, 100.0, 150.0), LineChart.wholeTicks(180, 4));
        assertEquals(List.of(1.0, 2.0), LineChart.wholeTicks(2, 9));
        assertEquals(List.of(1.0, 2.0, 3.0), LineChart.wholeTicks(3, 9));
    }

    @Test
    void ticksHaveTheDecimalsOfTheirStep() {
        assertEquals("0.60", LineChart.tickText(0.6, 0.05));
        assertEquals("4.490", LineChart.tickText(4.49, 0.002));
        assertEquals("0", LineChart.tickText(-0.0, 20));
        assertEquals("2e-5", LineChart.tickText(2e-5, 1e-5));
    }

    @Test
    void whatIsAlwaysZeroLiesAtTheBottom() {
        String svg = new LineChart(
                        400, List.of(new LineChart.Point(1, 0), new LineChart.Point(2, 0)), false, List.of(), List.of())
                .svg("zero");
        assertTrue(svg.contains(">0.0<") && svg.contains(">1.0<"), svg);
        assertTrue(svg.contains("points=\"52.0,194.0 388.0,194.0\""), svg);
    }

    @Test
    void aRunThatGoesOnBehindItsSummaryIsNotFinished() throws IOException {
        RunFolder run = run(7, true);
        assertFalse(page(run).contains("This run is not finished"));
        try (MetricsLog log = MetricsLog.open(run.metrics(), 7)) {
            log.write(line(7, new Random(2)));
        }
        assertTrue(page(run).contains("This run is not finished"));
    }

    @Test
    void numbersAreShort() {
        assertEquals("0", Html.number(0));
        assertEquals("0.125", Html.number(0.125));
        assertEquals("5.00e-5", Html.number(5e-5));
        assertEquals("2.30e9", Html.number(2.3e9));
        assertEquals("12\u2009345", Html.number(12345));
        assertEquals("–", Html.number(Double.NaN));
        assertEquals("59.0 s", Html.duration(59));
        assertEquals("1 h 02 min", Html.duration(3725));
    }
}
