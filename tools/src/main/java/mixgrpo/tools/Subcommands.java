package mixgrpo.tools;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Of a command that does nothing itself. */
final class Subcommands {

    private Subcommands() {}

    /** That none was named. */
    static ParameterException expected(CommandSpec spec, String what) {
        return new ParameterException(
                spec.commandLine(),
                "expected %s, one of %s"
                        .formatted(what, String.join(", ", spec.subcommands().keySet())));
    }
}
