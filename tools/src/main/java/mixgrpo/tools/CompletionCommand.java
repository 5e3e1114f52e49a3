package mixgrpo.tools;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tools/completion}: completes the commands in a shell. */
@Command(
        customSynopsis = "tools/completion",
        description =
                "Prints a script that completes commands, presets, configuration keys and options in bash and zsh.",
        footer = "  source <(tools/completion)")
final class CompletionCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Main.commands()
                .forEach((name, command) -> out.print(AutoComplete.bash(name, Main.commandLine(name, command.get()))));
        out.flush();
        return ExitCode.OK.code();
    }
}
