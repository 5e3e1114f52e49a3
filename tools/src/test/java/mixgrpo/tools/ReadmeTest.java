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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mixgrpo.runtime.reward.Reward;
import mixgrpo.solvers.window.Window;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.train.Recipe;
import mixgrpo.trainer.config.TrainConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the READMEs say is so: commands, keys, links, tables and the example. */
class ReadmeTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern FENCED = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```$");
    private static final Pattern INDENTED = Pattern.compile("(?m)^    (\\S.*)$");
    private static final Pattern SPAN = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern COMMENT = Pattern.compile("(?s)<!--.*?-->");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern COMMAND = Pattern.compile("^(?:\\$ |source <\\()?tools/([a-z]+)((?: [^)]*)?)\\)?$");
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|\\S+");

    @TempDir
    private Path folder;

    /** A command line of a README, without the name of its launcher. */
    private record Line(String name, List<String> arguments) {

        boolean is(String option) {
            return arguments.contains(option);
        }

        /** Whether it is for a model folder that the reader has and we do not. */
        boolean namesAFolder() {
            return is("--model");
        }

        /** The {@code key=value} arguments. */
        List<String> values() {
            return arguments.stream()
                    .filter(word -> !word.equals("key=value"))
                    .filter(word -> word.matches("[a-z][\\w.-]*=.*"))
                    .toList();
        }
    }

    private static String read(String file) throws IOException {
        return Files.readString(ROOT.resolve(file));
    }

    private static List<Path> readmes() throws IOException {
        try (Stream<Path> files = Files.find(
                ROOT,
                2,
                (file, about) -> file.toString().endsWith(".md")
                        && !ROOT.relativize(file).toString().startsWith("runs"))) {
            return files.sorted().toList();
        }
    }

    private static Stream<String> found(Pattern pattern, int group, String text) {
        return pattern.matcher(text).results().map(match -> match.group(group));
    }

    /** The contents of the blocks of a language; those of none are "". */
    private static List<String> blocks(String text, String language) {
        return FENCED.matcher(text)
                .results()
                .filter(match -> match.group(1).equals(language))
                .map(match -> match.group(2))
                .toList();
    }

    private static List<Line> commands(String text) {
        List<String> lines = new ArrayList<>();
        FENCED.matcher(text).results().flatMap(block -> block.group(2).lines()).forEach(lines::add);
        found(INDENTED, 1, FENCED.matcher(text).replaceAll("")).forEach(lines::add);
        found(SPAN, 1, FENCED.matcher(text).replaceAll(""))
                .filter(span -> span.contains(" "))
                .forEach(lines::add);
        return lines.stream()
                .map(line -> line.replaceAll("\\s+# .*", ""))
                .map(COMMAND::matcher)
                .filter(match -> match.matches() && !match.group(1).equals("target"))
                .map(match -> new Line(match.group(1), words(match.group(2))))
                .toList();
    }

    private static List<String> words(String text) {
        return WORD.matcher(text)
                .results()
                .map(word -> word.group(1) == null ? word.group() : word.group(1))
                .toList();
    }

    @Test
    void everyCommandLineIsOne() throws IOException {
        Set<String> used = new TreeSet<>();
        for (Path file : readmes()) {
            for (Line line : commands(Files.readString(file))) {
                Supplier<Callable<Integer>> command = Main.commands().get(line.name());
                assertTrue(command != null, file + ": there is no tools/" + line.name());
                Main.commandLine(line.name(), command.get())
                        .parseArgs(line.arguments().toArray(String[]::new));
                used.add(line.name());
            }
        }
        assertEquals(new TreeSet<>(Main.commands().keySet()), used);
    }

    @Test
    void everyConfigurationLoads() throws IOException {
        int loaded = 0;
        for (Line line : commands(read("README.md"))) {
            if (line.name().equals("train") && !line.is("--resume") && !line.is("--config") && !line.namesAFolder()) {
                Configuration.load(line.arguments().get(0), List.of(), line.values());
                loaded++;
            }
        }
        assertTrue(loaded > 5, loaded + " found");
        for (String yaml : blocks(read("README.md"), "yaml")) {
            Path file = Files.writeString(folder.resolve("mine.yaml"), yaml);
            assertEquals(
                    "mine",
                    Configuration.load("quickstart", List.of(file), List.of())
                            .config()
                            .name());
        }
    }

    @Test
    void dryRunsRun() throws IOException {
        List<Line> dryRuns = commands(read("README.md")).stream()
                .filter(line -> line.name().equals("train") && line.is("--dry-run") && !line.namesAFolder())
                .toList();
        assertFalse(dryRuns.isEmpty());
        for (Line line : dryRuns) {
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            int code = Main.commandLine(
                            line.name(), Main.commands().get(line.name()).get())
                    .setOut(new PrintWriter(out))
                    .setErr(new PrintWriter(err))
                    .execute(line.arguments().toArray(String[]::new));
            assertEquals(0, code, err::toString);
            assertTrue(out.toString().contains("network calls an image"), out::toString);
        }
    }

    @Test
    void everyKeyIsKnown() throws IOException {
        Set<String> known = Configuration.keys();
        Set<String> heads = known.stream()
                .filter(key -> key.contains("."))
                .map(key -> key.replaceAll("\\..*", ""))
                .collect(Collectors.toSet());
        Set<String> keys = new TreeSet<>();
        for (Path file : readmes()) {
            String text = Files.readString(file);
            found(SPAN, 1, text)
                    .flatMap(span -> Arrays.stream(span.split(" ")))
                    .filter(word -> !word.equals("key=value"))
                    .filter(word -> word.matches("[a-z][A-Za-z.]*=.*")
                            || word.matches("[a-z]+(\\.[A-Za-z]+)+") && heads.contains(word.replaceAll("\\..*", "")))
                    .forEach(keys::add);
            commands(text).stream()
                    .filter(line -> !line.name().equals("sample")) // whose --compare names an option of its own
                    .forEach(line -> keys.addAll(line.values()));
        }
        assertTrue(keys.size() > 20, keys::toString);
        Pattern ofReward = Pattern.compile("rewards\\.\\w+(\\.\\w+)?");
        for (String word : keys) {
            String key = word.replaceAll("=.*", "");
            boolean reward = ofReward.matcher(key).matches();
            String general = key.replaceFirst("^rewards\\.\\w+", "rewards.*");
            boolean metric = read("trainer/METRICS.md").contains("`" + key + "`");
            assertTrue(
                    known.contains(general) || reward && word.equals(key + "=null") || metric,
                    key + ": neither key nor metric");
        }
    }

    @Test
    void theQuickstartIsDescribedAsItIs() throws IOException {
        TrainConfig config =
                Configuration.load("quickstart", List.of(), List.of()).config();
        int images = config.rollout().images();
        Recipe recipe = new Recipe(config);
        Set<String> windows = new LinkedHashSet<>();
        assertEquals(1, config.window().size());
        double calls = 0;
        for (int i = 0; i < config.iterations(); i++) {
            Window window = recipe.windows().at(i);
            windows.add("[%d, %d)".formatted(window.start(), window.end()));
            calls += recipe.planner().plan(window).nfePerImage(images);
        }
        String readme = read("README.md").replaceAll("\\s+", " ");
        for (String said : List.of(
                "%d prompts, %d pictures each. A trajectory has %d steps."
                        .formatted(
                                config.prompts().perIteration(),
                                images,
                                config.rollout().steps()),
                "computed once for all %d. The window is one stochastic (SDE) step;".formatted(images),
                "%.2f network calls a picture".formatted(calls / config.iterations()),
                "Every %d iterations it moves by one step, over %s,"
                        .formatted(
                                config.window().shiftInterval(),
                                String.join(", ", windows).replaceFirst(", (\\[[^\\[]*)$", " and $1")),
                "%d iterations of %d prompts x %d images"
                        .formatted(config.iterations(), config.prompts().perIteration(), images),
                "(every %d iterations in the quickstart)"
                        .formatted(config.checkpoint().every()))) {
            assertTrue(readme.contains(said), said);
        }
    }

    @Test
    void theExampleIsTheTestedReward() throws IOException {
        List<String> java = blocks(read("README.md"), "java");
        assertEquals(List.of(read("runtime/src/test/java/example/WarmthReward.java")), java);
        String service = "META-INF/services/" + Reward.class.getName();
        String named = read("runtime/src/test/resources/" + service).strip();
        assertTrue(read("README.md").contains("echo %s > warmth/%s\n".formatted(named, service)));
    }

    @Test
    void noFigureIsMissing() throws IOException {
        assertEquals(
                List.of(),
                read("README.md")
                        .lines()
                        .filter(line -> line.contains("?.?") || line.contains("??"))
                        .toList());
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        int links = 0;
        for (Path file : readmes()) {
            String text = COMMENT.matcher(Files.readString(file)).replaceAll("");
            for (String link : found(LINK, 1, text)
                    .filter(target -> !target.startsWith("http"))
                    .toList()) {
                String[] target = link.split("#", 2);
                Path path = target[0].isEmpty() ? file : file.resolveSibling(target[0]);
                assertTrue(Files.exists(path), file + " links to " + link);
                if (target.length == 2) {
                    assertTrue(anchors(Files.readString(path)).contains(target[1]), file + " links to " + link);
                }
                links++;
            }
        }
        assertTrue(links > 10, links + " found");
    }

    private static Set<String> anchors(String markdown) {
        return found(Pattern.compile("(?m)^#+ (.*)$"), 1, markdown)
                .map(heading -> heading.toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w -]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    @Test
    void theTableOfExitCodesIsTheEnum() throws IOException {
        StringBuilder table = new StringBuilder("\n| code | meaning |\n|---|---|\n");
        for (ExitCode code : ExitCode.values()) {
            table.append("| %d | %s |\n".formatted(code.code(), code.meaning()));
        }
        assertTrue(read("README.md").contains(table + "\n"), table + " is not in the README");
    }

    @Test
    void theTablesNameEveryCommandModuleRewardAndFile() throws IOException {
        String readme = read("README.md");
        assertEquals(Main.commands().keySet(), ordered("(?m)^\\| `tools/(\\w+)` \\|", readme));
        assertEquals(
                ordered("<module>(\\w+)</module>", read("pom.xml")),
                ordered("(?m)^\\| \\[`(\\w+)`\\]\\(\\1/README.md\\) \\|", readme));
        MatchResult rewards = Pattern.compile("(?s)Built-in rewards are (.*?)\\. ")
                .matcher(readme)
                .results()
                .findFirst()
                .orElseThrow();
        Set<String> classes = new TreeSet<>();
        read("runtime/src/main/resources/META-INF/services/" + Reward.class.getName())
                .lines()
                .map(name -> name.replaceAll(".*\\.(\\w+)Reward$", "$1").toLowerCase(Locale.ROOT))
                .forEach(classes::add);
        assertEquals(classes, new TreeSet<>(ordered("`(\\w+)`", rewards.group(1))));
        RunFolder run = new RunFolder(Path.of("runs", "quickstart"));
        for (Path path : List.of(
                run.config(),
                run.metrics(),
                run.report(),
                run.summary(),
                run.samples(),
                run.checkpoints(),
                run.tensorboard())) {
            assertTrue(
                    Pattern.compile("(?m)^  \\Q" + path.getFileName() + "\\E/? ")
                            .matcher(readme)
                            .find(),
                    path + " is not in the tree of a run's files");
        }
    }

    private static Set<String> ordered(String pattern, String text) {
        return found(Pattern.compile(pattern), 1, text).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    @Test
    void everyEnvironmentVariableIsTheLaunchers() throws IOException {
        Map<String, String> files = Map.of("launch", read("tools/launch"), "README.md", read("README.md"));
        for (String variable : ordered("\\b(MIXGRPO_(?!TERMINAL)[A-Z_]+|NO_COLOR|CI)\\b", files.get("launch"))) {
            assertTrue(files.get("README.md").contains("`" + variable + "`"), variable);
        }
        for (String variable : ordered("`(MIXGRPO_[A-Z_]+)`", files.get("README.md"))) {
            assertTrue(files.get("launch").contains("${" + variable), variable);
        }
    }
}
