package mixgrpo.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.config.Preset;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.trainer.config.InvalidConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;

class MainTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int run(CommandLine line, String... arguments) {
        return line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
    }

    private int run(String name, String... arguments) {
        return run(Main.commandLine(name, Main.commands().get(name).get()), arguments);
    }

    @Test
    void everyCommandHasALauncherWithItsName() {
        for (String name : Main.commands().keySet()) {
            assertTrue(Files.isExecutable(Path.of("../tools", name).toAbsolutePath()), name);
        }
    }

    @Test
    void helpHasSynopsisExamplesExitCodesAndTheDefaultOfEveryOption() {
        Main.commands().forEach((name, command) -> {
            CommandLine line = Main.commandLine(name, command.get());
            assertHelps("tools/" + name, line);
            line.getSubcommands()
                    .forEach((below, subcommand) -> assertHelps("tools/%s %s".formatted(name, below), subcommand));
        });
    }

    private static void assertHelps(String name, CommandLine line) {
        String help = line.getUsageMessage();
        assertTrue(help.startsWith(name), help);
        assertTrue(help.contains("\nExamples:\n"), help);
        assertTrue(help.contains("130   interrupted") || help.contains("130  interrupted"), help);
        assertTrue(help.lines().allMatch(text -> text.length() <= 80), help);
        for (OptionSpec option : line.getCommandSpec().options()) {
            boolean shared = List.of("--help", "--version", Shared.STACKTRACE).contains(option.longestName());
            String description = String.join(" ", option.description());
            assertTrue(shared || description.contains("Default: "), name + " " + option.longestName());
            assertFalse(description.contains("null"), description);
        }
    }

    @Test
    void optionsOfAFewWordsStayInTheirPlaceInTheHelp() {
        List<String> declared = names(new CommandLine(new SampleCommand()));
        assertTrue(declared.indexOf("--solver") < declared.indexOf("--out"), declared.toString());
        assertEquals(declared, names(Main.commandLine("sample", new SampleCommand())));
    }

    private static List<String> names(CommandLine line) {
        return line.getCommandSpec().options().stream()
                .map(OptionSpec::longestName)
                .toList();
    }

    @Test
    void versionNamesTheBuildAndTheJava() throws IOException {
        assertEquals(0, run("sample", "--version"));
        assertTrue(Version.ofProject().matches("[0-9]+\\.[0-9]+\\.[0-9]+.*"), Version.ofProject());
        assertTrue(out.toString().startsWith("mixgrpo " + Version.ofProject() + " (Java "), out.toString());
    }

    @Test
    void everyPresetIsALineOfTheHelp() {
        String help = Main.commandLine("train", new TrainCommand()).getUsageMessage();
        for (Preset preset : Preset.values()) {
            assertTrue(help.contains("\n  %-18s%s\n".formatted(preset.key(), preset.summary())), help);
        }
    }

    @Test
    void completionKnowsCommandsPresetsAndKeys() {
        assertEquals(0, run("completion"));
        for (String word : List.of(
                "complete -F _complete_train",
                "quickstart",
                "window.size=",
                "--no-such-",
                "--prompts",
                "--variant",
                "flash-star",
                "--presets")) {
            assertEquals(!word.equals("--no-such-"), out.toString().contains(word), word);
        }
    }

    @Test
    void aDryRunPrintsAConfigurationThatCanBeGivenBack() throws IOException {
        assertEquals(0, run("train", "quickstart", "window.shiftInterval=15", "--dry-run"), err::toString);
        Path file =
                Files.writeString(folder.resolve("config.yaml"), out.toString().replaceAll("(?s).*?(?=name:)", ""));
        assertEquals(15, Configuration.ofRun(file, List.of()).config().window().shiftInterval());
    }

    @Test
    void theOptionsForModelAndPromptsAreKeys() {
        String model = ImageModel.builtIn().toAbsolutePath().toString();
        // The plan is printed, and then what a run would be refused for.
        assertEquals(2, run("train", "paper", "--model", model, "--prompts", "p.txt", "--dry-run"), err::toString);
        assertTrue(err.toString().contains("prompts.file: expected a text file"), err.toString());
        assertTrue(out.toString().contains("model: " + model), out.toString());
        assertTrue(out.toString().contains("file: " + Path.of("p.txt").toAbsolutePath()), out.toString());
    }

    @Test
    void wrongUsageIsAParagraphWithWhatToDo() {
        assertEquals(2, run("train"));
        assertEquals(
                """
                tools/train: expected a PRESET first, or --resume DIR; presets are quickstart, mixgrpo, flash, flash-star, dancegrpo, flow-grpo-fast, paper, paper-flash, paper-flash-star
                tools/train --help shows how it is used.
                """,
                err.toString());
        assertEquals(2, run("train", "--resume", "runs/a", "quickstart"));
        assertEquals(2, run("train", "quickstart", "--dryrun"));
        assertEquals(2, run("bench", "iteration", "--tokens", "4x4"));
        assertEquals(2, run("bench", "iteration", "--images", "1"));
        assertEquals(2, run("bench", "iteration", "--variant", "flash-star", "--window-start", "1"));
        err.getBuffer().setLength(0);
        assertEquals(2, run("bench"));
        assertEquals(
                """
                tools/bench: expected what to measure, one of iteration, compare, engine, sync
                tools/bench --help shows how it is used.
                """,
                err.toString());
        assertEquals(2, run("pretrain", "cats"));
        assertEquals(2, Main.run("tarin"));
    }

    @Test
    void optionsOfAFewWordsNameThemAsTheyAreTyped() {
        Main.commands().forEach((name, command) -> {
            CommandLine line = Main.commandLine(name, command.get());
            assertNamesWords(line);
            line.getSubcommands().values().forEach(MainTest::assertNamesWords);
        });
        assertEquals(2, run("sample", "--vae-tiling", "always"));
        assertTrue(
                err.toString()
                        .startsWith(
                                "tools/sample: Invalid value for option '--vae-tiling': expected one of auto, on, off, got 'always'\n"),
                err::toString);
        assertEquals(0, run("completion"));
        assertTrue(out.toString().contains("\"torch-cpu\"") && !out.toString().contains("TORCH_CPU"), out::toString);
    }

    @Test
    void numbersAreAskedForInWords() {
        for (String[] wrong : new String[][] {
            {"--count", "x", "a whole number up to 2147483647"},
            {"--count", "9999999999", "a whole number up to 2147483647"},
            {"--seed", "1.5", "a whole number up to 9223372036854775807"},
            {"--guidance", "much", "a number"}
        }) {
            err.getBuffer().setLength(0);
            assertEquals(2, run("sample", wrong[0], wrong[1]));
            assertTrue(
                    err.toString()
                            .startsWith("tools/sample: Invalid value for option '%s': expected %s, got '%s'%n"
                                    .formatted(wrong[0], wrong[2], wrong[1])),
                    err::toString);
        }
        err.getBuffer().setLength(0);
        assertEquals(2, run("bench", "iteration", "--images", "many"));
        assertTrue(err.toString().contains("expected a whole number up to"), err::toString);
    }

    @Test
    void moreTokensThanAnyPictureHasAreRefused() {
        assertEquals(2, run("bench", "iteration", "--tokens", "99999,99999"));
        assertTrue(err.toString().contains("'--tokens'"), err::toString);
        assertTrue(err.toString().contains("expected 1 to 1048576 tokens in all, got 99999,99999"), err::toString);
    }

    private static void assertNamesWords(CommandLine line) {
        for (OptionSpec option : line.getCommandSpec().options()) {
            if (option.typeInfo().isEnum()) {
                List<String> words = new ArrayList<>();
                option.completionCandidates().forEach(words::add);
                assertEquals(option.type().getEnumConstants().length, words.size());
                assertTrue(words.stream().allMatch(word -> word.matches("[a-z0-9-]+")), words::toString);
                String message = assertThrows(
                                CommandLine.ParameterException.class,
                                () -> line.parseArgs(option.longestName(), "nonsense"))
                        .getMessage();
                assertTrue(
                        message.endsWith("expected one of %s, got 'nonsense'".formatted(String.join(", ", words))),
                        message);
            }
        }
    }

    @Test
    void aMissingFileIsNamed() {
        assertEquals(2, run("train", "--resume", folder.resolve("none").toString()));
        assertEquals(
                "tools/train: --resume: expected the folder of a run, as in runs/NAME, with its config.yaml, got %s, which is not there%n"
                        .formatted(folder.resolve("none")),
                err.toString());
    }

    @Test
    void everyFailureHasItsCode() {
        assertEquals(2, failing(new IllegalArgumentException("key: expected 1, got 2")));
        assertEquals(2, failing(new InvalidConfigException(List.of("a", "b"))));
        assertEquals(2, failing(new GivenException("truncated")));
        assertEquals(2, failing(new NoSuchFileException("a")));
        assertEquals(2, failing(new FileNotFoundException("a")));
        assertEquals(2, failing(new AccessDeniedException("a")));
        assertEquals(1, failing(new FileSystemException("a", null, "No space left on device")));
        assertEquals(1, failing(new IOException("a: connection lost")));
        assertEquals(1, failing(new IllegalStateException("ours")));
        assertEquals(4, failing(new EngineUnavailableException("no CUDA", null)));
        assertEquals(130, failing(new InterruptedException()));
        assertEquals(0, failing(null));
    }

    @Test
    void aBrokenFileThatWasGivenIsNotTheDisks() {
        assertEquals(2, reading(new IOException("model.safetensors: ends after 8 of 900 bytes")));
        assertEquals("tools/fail: model.safetensors: ends after 8 of 900 bytes%n".formatted(), err.toString());
        err.getBuffer().setLength(0);
        assertEquals(2, reading(new NoSuchFileException("model.safetensors")));
        assertTrue(err.toString().contains("expected a file or folder there, found none"), err.toString());
    }

    private int reading(IOException failure) {
        Exception thrown = assertThrows(
                Exception.class,
                () -> GivenException.reading(() -> {
                    throw failure;
                }));
        return failing(thrown);
    }

    @Test
    void aMessageIsForThePersonAndTheStackTraceOnDemand() {
        failing(new FileSystemException("runs/a", null, "No space left on device"));
        assertEquals("tools/fail: runs/a: No space left on device%n".formatted(), err.toString());
        err.getBuffer().setLength(0);
        failing(new InvalidConfigException(List.of("a: wrong", "b: wrong")));
        assertEquals(
                "tools/fail: the configuration has 2 faults:%n  a: wrong%n  b: wrong%n".formatted(), err.toString());
        err.getBuffer().setLength(0);
        failing(new IllegalStateException("ours"));
        assertEquals(
                "tools/fail: java.lang.IllegalStateException: ours (--stacktrace shows where)%n".formatted(),
                err.toString());
        err.getBuffer().setLength(0);
        failing(new IllegalArgumentException("key: wrong"), "--stacktrace");
        assertTrue(err.toString().contains("at mixgrpo.tools.MainTest"), err.toString());
    }

    @Test
    void whatTheMachineLacksIsToldFromWhatIsBroken() {
        assertEquals(ExitCode.UNAVAILABLE, ExitCode.of(new UnsatisfiedLinkError("libtorch.so")));
        assertEquals(ExitCode.FAILED, ExitCode.of(new NoClassDefFoundError("ours")));
        assertEquals(ExitCode.FAILED, ExitCode.of(new OutOfMemoryError("heap")));
        CommandLine line = Main.commandLine("train", new TrainCommand()).setErr(new PrintWriter(err));
        Failure.report(new OutOfMemoryError("Java heap space"), line, false);
        assertTrue(err.toString().startsWith("tools/train: out of memory (Java heap space); smaller "), err.toString());
        Map<String, String> advice = Map.of(
                "sample", "a smaller --batch, --count or --size, or a larger heap by MIXGRPO_JAVA_OPTS=-Xmx4g help",
                "inspect", "a larger heap by MIXGRPO_JAVA_OPTS=-Xmx4g helps");
        advice.forEach((name, words) -> {
            err.getBuffer().setLength(0);
            CommandLine other =
                    Main.commandLine(name, Main.commands().get(name).get()).setErr(new PrintWriter(err));
            Failure.report(new OutOfMemoryError("Java heap space"), other, false);
            assertEquals("tools/%s: out of memory (Java heap space); %s%n".formatted(name, words), err.toString());
        });
    }

    private int failing(Exception failure, String... arguments) {
        return run(Main.commandLine("fail", new Failing(failure)), arguments);
    }

    @Command
    private static final class Failing implements Callable<Integer> {
        private final Exception failure;

        @Mixin
        private Shared shared;

        Failing(Exception failure) {
            this.failure = failure;
        }

        @Override
        public Integer call() throws Exception {
            if (failure != null) {
                throw failure;
            }
            return 0;
        }
    }
}
