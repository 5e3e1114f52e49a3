package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.regex.Pattern;
import mixgrpo.runtime.reward.Reward;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.train.MicroModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands of the README, run as they stand there but for sizes and places. */
@Tag("slow")
class ReadmeCommandsTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    private MicroModel model;

    @BeforeEach
    void writeModel() throws IOException {
        model = MicroModel.write(folder.resolve("model"), 9);
    }

    /** The README's commands that begin so, without the name of the launcher. */
    private static List<List<String>> commands(String start) throws IOException {
        List<List<String>> commands = new ArrayList<>();
        Pattern.compile("(?m)^" + Pattern.quote(start) + ".*$")
                .matcher(Files.readString(ROOT.resolve("README.md")))
                .results()
                .forEach(line -> commands.add(Pattern.compile("\"([^\"]*)\"|\\S+")
                        .matcher(line.group())
                        .results()
                        .skip(1)
                        .map(word -> word.group(1) == null ? word.group() : word.group(1))
                        .toList()));
        assertTrue(!commands.isEmpty(), start + " is not in the README");
        return commands;
    }

    /** Runs a command with more words behind its own, which lie over these. */
    private static void run(String name, List<String> words, List<String> more) {
        List<String> all = new ArrayList<>(words);
        all.addAll(more);
        StringWriter err = new StringWriter();
        int code = Main.commandLine(name, Main.commands().get(name).get())
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(err))
                .execute(all.toArray(String[]::new));
        assertEquals(0, code, () -> String.join(" ", all) + ": " + err);
    }

    @Test
    void picturesOfTheBase() throws IOException {
        Path out = folder.resolve("out");
        for (List<String> words : commands("tools/sample --prompt \"two red circles\" --count")) {
            run("sample", words, List.of("--model", "scenes", "--steps", "1", "--out", out.toString()));
        }
        assertTrue(Files.exists(out.resolve("grid.png")));
    }

    @Test
    void iterationsAreMeasured() throws IOException {
        for (List<String> words : commands("tools/bench iteration")) {
            Path json = folder.resolve("iteration.json");
            run(
                    "bench",
                    words,
                    List.of(
                            "--json=" + json,
                            "--repeat=1",
                            "--images=2",
                            "--minibatch=1",
                            "--tokens=4,4",
                            "--steps=12",
                            "--text-tokens=4"));
            assertTrue(Files.readString(json).contains("secondsPerIteration"));
            Files.delete(json);
        }
    }

    @Test
    void presetsAreCompared() throws IOException {
        for (List<String> words : commands("tools/bench compare")) {
            Path json = folder.resolve("compare.json");
            List<String> more = new ArrayList<>(model.presetArguments("window.last=6"));
            more.addAll(List.of("--json=" + json, "--html=" + folder.resolve("compare.html"), "--repeat=1"));
            if (words.contains("--train")) {
                more.add("--train=1");
            }
            run("bench", words, more);
            assertTrue(Files.readString(json).contains("secondsPerIteration"));
            Files.delete(json);
        }
    }

    @Test
    void enginesAreMeasured() throws IOException {
        for (List<String> words : commands("tools/bench engine")) {
            Path json = folder.resolve("engine.json");
            List<String> small =
                    words.stream().filter(word -> !word.equals("--large")).toList();
            run("bench", small, List.of("--json=" + json, "--repeat=1", "--batch=1"));
            JsonNode figures = new ObjectMapper().readTree(json.toFile());
            JsonNode passes = figures.get("passes");
            assertEquals("the CPU", figures.get("libtorch").asText());
            assertEquals("PROCESSOR", passes.get("speedsBy").asText());
            assertTrue(passes.get("int8Error").asDouble() > 0);
            JsonNode times = passes.get("times");
            double engine = times.at("/engine, fp32/cpuSeconds").asDouble();
            double eager =
                    times.at("/libtorch, operation by operation/cpuSeconds").asDouble();
            assertEquals(eager / engine, passes.get("overEager").asDouble(), 1e-9); // of a single pair
            assertEquals(List.of("session", "inputs"), figures.findValuesAsText("mode"));
        }
    }

    @Test
    void exchangesAreMeasured() throws IOException {
        for (List<String> words : commands("tools/bench sync")) {
            Path json = folder.resolve("sync.json");
            run("bench", words, List.of("--json=" + json, "--exchanges=2", "--device=cpu"));
            assertTrue(Files.readString(json).contains("\"medianSeconds\""));
        }
    }

    @Test
    void enginesAreVerifiedAndBuilt() throws IOException {
        List<String> here = List.of("--model", model.folder().toString(), "--side", "16");
        for (List<String> words : commands("tools/export verify")) {
            List<String> more = new ArrayList<>(here);
            more.addAll(List.of("--out", folder.resolve("report.json").toString()));
            run("export", words, more);
        }
        assertTrue(Files.readString(folder.resolve("report.json")).contains("cosine"));
        for (List<String> words : commands("tools/export engine")) {
            List<String> more = new ArrayList<>(here);
            more.addAll(List.of("--cache", folder.resolve("cache").toString()));
            run("export", words, more);
        }
    }

    @Test
    void aRunGoesOn() throws IOException {
        Path run = Files.createDirectories(folder.resolve("runs/quickstart"));
        Files.writeString(
                run.resolve("config.yaml"),
                Configuration.load("quickstart", List.of(), model.arguments("iterations=1"))
                        .toYaml());
        int iterations = 0;
        for (List<String> words : commands("tools/train --resume")) {
            List<String> here = words.stream()
                    .map(word -> word.equals("runs/quickstart") ? run.toString() : word)
                    .toList();
            assertTrue(here.contains(run.toString()), words.toString());
            run("train", here, List.of("iterations=" + ++iterations));
            assertEquals(
                    iterations, Files.readAllLines(run.resolve("metrics.jsonl")).size());
        }
    }

    @Test
    void theExampleOfARewardBecomesAJarThatIsFound() throws Exception {
        String lines = Pattern.compile("(?s)```sh\\n(mkdir -p warmth/.*?)export")
                .matcher(Files.readString(ROOT.resolve("README.md")))
                .results()
                .findFirst()
                .orElseThrow()
                .group(1)
                .replace(
                        "tools/target/launch/default/lib/runtime.jar",
                        Path.of(Reward.class
                                        .getProtectionDomain()
                                        .getCodeSource()
                                        .getLocation()
                                        .toURI())
                                .toString());
        Files.copy(
                ROOT.resolve("runtime/src/test/java/example/WarmthReward.java"), folder.resolve("WarmthReward.java"));
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-ec", lines)
                .directory(folder.toFile())
                .redirectErrorStream(true);
        builder.environment()
                .merge(
                        "PATH",
                        Path.of(System.getProperty("java.home"), "bin").toString(),
                        (path, jdk) -> jdk + ":" + path);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        URL[] jars = {folder.resolve("warmth.jar").toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(jars, Reward.class.getClassLoader())) {
            assertTrue(
                    ServiceLoader.load(Reward.class, loader).stream()
                            .anyMatch(reward -> reward.get().name().equals("warmth")),
                    said);
        }
    }
}
