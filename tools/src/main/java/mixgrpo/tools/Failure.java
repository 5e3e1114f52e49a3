package mixgrpo.tools;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import mixgrpo.tools.failure.RunFailedException;
import mixgrpo.trainer.config.InvalidConfigException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says in a paragraph why a command failed; {@value Shared#STACKTRACE} adds where. */
final class Failure implements IExecutionExceptionHandler, IParameterExceptionHandler {

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        return report(failure, command, parsed.originalArgs().contains(Shared.STACKTRACE));
    }

    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        int code = report(failure, command, List.of(arguments).contains(Shared.STACKTRACE));
        UnmatchedArgumentException.printSuggestions(failure, command.getErr());
        command.getErr().printf("%s --help shows how it is used.%n", name(command));
        return code;
    }

    static int report(Throwable failure, CommandLine command, boolean stackTrace) {
        PrintWriter err = command.getErr();
        String said = failure instanceof OutOfMemoryError full ? outOfMemory(full, name(command)) : message(failure);
        err.printf("%s: %s%n", name(command), said);
        if (stackTrace) {
            failure.printStackTrace(err);
        }
        err.flush();
        return ExitCode.of(failure).code();
    }

    /** As people call it, with the commands above it. */
    private static String name(CommandLine command) {
        return command.getCommandSpec().qualifiedName(" ");
    }

    static String outOfMemory(OutOfMemoryError failure, String command) {
        String message = String.valueOf(failure.getMessage());
        if (message.contains("direct buffer")) {
            return "out of memory for weights on their way to an engine (%s); a smaller model, or a larger limit by MIXGRPO_JAVA_OPTS=-XX:MaxDirectMemorySize=64g helps"
                    .formatted(message);
        }
        String less =
                switch (command) {
                    case "tools/train" -> "smaller rollout.images or prompts.perIteration, train.recompute=true, or ";
                    case "tools/sample" -> "a smaller --batch, --count or --size, or ";
                    default -> "";
                };
        return "out of memory (%s); %sa larger heap by MIXGRPO_JAVA_OPTS=-Xmx4g %s"
                .formatted(message, less, less.isEmpty() ? "helps" : "help");
    }

    private static String message(Throwable failure) {
        String message = failure.getMessage();
        if (failure instanceof InvalidConfigException invalid
                && invalid.faults().size() > 1) {
            return "the configuration has %d faults:%n  %s"
                    .formatted(invalid.faults().size(), String.join("%n  ".formatted(), invalid.faults()));
        } else if (failure instanceof NoSuchFileException || failure instanceof FileNotFoundException) {
            return "%s: expected a file or folder there, found none".formatted(message);
        } else if (failure instanceof AccessDeniedException) {
            return "%s: no permission to read or write there".formatted(message);
        } else if (failure instanceof NotDirectoryException) {
            return "%s: expected a folder, found a file".formatted(message);
        } else if (failure instanceof FileAlreadyExistsException) {
            return "%s: exists already and is not overwritten".formatted(message);
        } else if (failure instanceof FileSystemException file) {
            return "%s: %s".formatted(file.getFile(), file.getReason());
        } else if (failure instanceof UnsatisfiedLinkError) {
            return "a native library cannot be loaded: %s (%s shows where)".formatted(message, Shared.STACKTRACE);
        } else if (failure instanceof InterruptedException) {
            return "interrupted";
        }
        boolean meant = message != null && ExitCode.of(failure) != ExitCode.FAILED
                || failure instanceof IOException
                || failure instanceof RunFailedException;
        return meant ? message : "%s (%s shows where)".formatted(failure, Shared.STACKTRACE);
    }
}
