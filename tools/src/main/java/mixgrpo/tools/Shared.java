package mixgrpo.tools;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of every command. */
@Command(
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        synopsisHeading = "",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n")
final class Shared {

    static final String STACKTRACE = "--stacktrace";

    @Option(names = STACKTRACE, description = "Show where an error comes from.")
    private boolean stackTrace;
}
