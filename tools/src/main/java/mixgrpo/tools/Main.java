package mixgrpo.tools;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * The one main: {@code Main COMMAND ARGUMENTS...}. The launchers in {@code tools/} call it with their own name, and it calls itself by
 * theirs, {@code tools/train}; only the command that is called is ever looked at, so that it starts fast.
 */
public final class Main {

    private Main() {}

    /** The commands by their launcher's name. */
    static Map<String, Supplier<Callable<Integer>>> commands() {
        Map<String, Supplier<Callable<Integer>>> commands = new LinkedHashMap<>();
        commands.put("train", TrainCommand::new);
        commands.put("pretrain", PretrainCommand::new);
        commands.put("sample", SampleCommand::new);
        commands.put("inspect", InspectCommand::new);
        commands.put("export", ExportCommand::new);
        commands.put("bench", BenchCommand::new);
        commands.put("doctor", DoctorCommand::new);
        commands.put("gpu-check", GpuCheckCommand::new);
        commands.put("bundle", BundleCommand::new);
        commands.put("completion", CompletionCommand::new);
        return commands;
    }

    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT); // numbers look the same everywhere, in files above all
        Signals.handle(() -> Runtime.getRuntime().halt(ExitCode.INTERRUPTED.code())); // files are whole at any moment
        System.exit(run(arguments));
    }

    /** Runs a command and returns its exit code. */
    static int run(String... arguments) {
        Map<String, Supplier<Callable<Integer>>> commands = commands();
        if (arguments.length == 0 || !commands.containsKey(arguments[0])) {
            System.err.printf("mixgrpo: expected a command, one of %s%n", String.join(", ", commands.keySet()));
            return ExitCode.GIVEN.code();
        }
        CommandLine command =
                commandLine(arguments[0], commands.get(arguments[0]).get());
        try {
            return command.execute(Arrays.copyOfRange(arguments, 1, arguments.length));
        } catch (OutOfMemoryError | LinkageError failure) {
            return Failure.report(failure, command, Arrays.asList(arguments).contains(Shared.STACKTRACE));
        }
    }

    static CommandLine commandLine(String name, Callable<Integer> command) {
        Failure failure = new Failure();
        CommandLine line = new CommandLine(command);
        EnumWord.use(line);
        Numeral.use(line);
        Map<String, String> codes = new LinkedHashMap<>();
        for (ExitCode code : ExitCode.values()) {
            codes.put(String.valueOf(code.code()), code.meaning());
        }
        showExitCodes(line, codes);
        line.getSubcommands().values().forEach(subcommand -> showExitCodes(subcommand, codes));
        return line.setCommandName("tools/" + name)
                .setOverwrittenOptionsAllowed(true)
                .setExecutionExceptionHandler(failure)
                .setParameterExceptionHandler(failure);
    }

    private static void showExitCodes(CommandLine line, Map<String, String> codes) {
        line.getCommandSpec()
                .usageMessage()
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(codes);
    }
}
