package mixgrpo.tools;

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
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import mixgrpo.solvers.window.Window;
import mixgrpo.tools.bench.ComparisonPlan;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.train.MicroModel;
import mixgrpo.tools.train.Recipe;
import mixgrpo.trainer.config.TrainConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Comparisons of a micro model: what is counted and how figures hang together; the times themselves are the machine's. */
class CompareRunTest {

    private static final List<String> PRESETS = List.of("flash", "dancegrpo");

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private MicroModel model;

    @BeforeEach
    void writeModel() throws IOException {
        model = MicroModel.write(folder.resolve("model"), 9);
    }

    private int run(String... arguments) {
        return Main.commandLine("bench", new BenchCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @Test
    @Tag("slow")
    void presetsAreMeasuredOnTheSameIterationsPredictedForThemAndTrainedFromOneStart() throws Exception {
        ComparisonPlan plan = new ComparisonPlan(
                PRESETS,
                model.presetArguments("iterations=8", "window.last=6", "window.end=clamp"),
                1,
                1,
                OptionalInt.of(2));
        OutputFile json = new OutputFile("--json", folder.resolve("compare.json"));
        OutputFile html = new OutputFile("--html", folder.resolve("compare.html"));
        Console console = new Console(new PrintWriter(out), new PrintWriter(err), 0);
        assertEquals(ExitCode.OK, new CompareRun(plan, json, html, console).call());
        assertTrue(Files.readString(html.path()).contains("<td>dancegrpo</td>"));
        JsonNode figures = new ObjectMapper().readTree(Files.readAllBytes(json.path()));
        assertEquals(1, figures.path("repetitions").asInt());
        assertEquals(2, figures.path("presets").size());
        int place = 0;
        for (String name : PRESETS) {
            TrainConfig config =
                    Configuration.load(name, List.of(), plan.arguments()).config();
            JsonNode preset = figures.path("presets").path(place++);
            assertEquals(name, preset.path("preset").asText());
            assertEquals(8, preset.path("images").asInt());
            assertIterations(preset, new Recipe(config));
            for (String number : List.of(
                    "secondsPerIteration",
                    "cpuSecondsPerIteration",
                    "nfePerImage",
                    "trainPassesPerImage",
                    "predictedSeconds",
                    "predictedCpuSeconds")) {
                double mean = 0;
                for (JsonNode iteration : preset.path("iterations")) {
                    mean += iteration.path(number).asDouble() / 4;
                }
                assertTrue(mean > 0, number);
                assertEquals(mean, preset.path(number).asDouble(), 1e-9 * mean, number);
            }
            Set<String> parts = new HashSet<>();
            preset.path("units").forEach(unit -> parts.add(unit.path("part").asText()));
            parts.remove("forward"); // only if a gradient was clipped to nothing
            assertEquals(Set.of("call", "pass", "decode", "reward", "update", "sync"), parts);
        }
        assertTrue(out.toString().matches("(?s).*\ndancegrpo .* 1\\.000\n.*"), out::toString);
        assertTrained(figures);
    }

    /** Of eight iterations every other one, with the windows and network calls that their numbers have. */
    private static void assertIterations(JsonNode preset, Recipe recipe) {
        int number = 1;
        assertEquals(4, preset.path("iterations").size());
        for (JsonNode iteration : preset.path("iterations")) {
            Window window = recipe.windows().at(number);
            assertEquals(number, iteration.path("iteration").asInt());
            assertEquals(window.start(), iteration.path("windowStart").asInt());
            assertEquals(window.end(), iteration.path("windowEnd").asInt());
            assertEquals(
                    recipe.planner().plan(window).nfePerImage(4),
                    iteration.path("nfePerImage").asDouble(),
                    1e-9);
            number += 2;
        }
    }

    private void assertTrained(JsonNode figures) {
        assertEquals(2, figures.path("trainedIterations").asInt());
        Set<Double> before = new HashSet<>();
        Set<Double> after = new HashSet<>();
        for (JsonNode preset : figures.path("presets")) {
            JsonNode jpeg = preset.path("trained").path("jpeg");
            assertEquals(2, jpeg.path("prompts").asInt());
            assertTrue(jpeg.path("low").asDouble() <= jpeg.path("high").asDouble());
            before.add(jpeg.path("base").asDouble());
            after.add(jpeg.path("tuned").asDouble());
        }
        assertEquals(1, before.size(), "all start from the same weights");
        assertEquals(2, after.size(), "they learn different things");
        assertTrue(out.toString().contains("flash after 2 iterations, jpeg on 2 development prompts: "), out::toString);
    }

    @Test
    void whatCannotBeComparedIsRefusedBeforeAnythingIsMeasured() throws IOException {
        assertRefused("preset 'flush' is unknown; the nearest known one is flash", "--presets", "mixgrpo,flush");
        assertRefused("model", "--presets", "mixgrpo,paper");
        assertRefused("--presets: expected each once", "--presets", "flash,flash");
        assertRefused("prompts: presets are compared with the same", "--presets", "mixgrpo,quickstart");
        assertRefused("--repeat: expected 1 or more, got 0", "--repeat", "0");
        assertRefused("--threads: expected 1 or more, got 0", "--threads", "0");
        assertRefused("--train: expected 1 or more, got -1", "--train", "-1");
        assertRefused("'mixgrpo': expected key=value", "mixgrpo");
        assertRefused("window.siz", "window.siz=2");
        assertRefused("--json " + folder + ": expected a file, it is a folder", "--json", folder.toString());
        Path nowhere = folder.resolve("none/page.html");
        assertRefused("--html " + nowhere + ": expected a file in a folder that exists", "--html", "" + nowhere);
        assertRefused("'hpsv2'", "--presets", "mixgrpo", "rewards.hpsv2.weight=1");
    }

    private void assertRefused(String message, String... arguments) {
        List<String> all = new ArrayList<>(List.of("compare"));
        all.addAll(List.of(arguments));
        err.getBuffer().setLength(0);
        assertEquals(2, run(all.toArray(String[]::new)), err::toString);
        assertTrue(err.toString().startsWith("tools/bench compare: "), err::toString);
        assertTrue(err.toString().contains(message), err::toString);
        assertFalse(err.toString().contains("\tat "), err::toString);
        assertEquals("", out.toString());
    }
}
