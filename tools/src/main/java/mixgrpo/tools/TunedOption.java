package mixgrpo.tools;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option for tuned weights to export. */
final class TunedOption {

    @Option(
            names = "--tuned",
            paramLabel = "DIR|FILE",
            description =
                    "Run, transformer folder or file of a transformer's weights, which take the place of the model's. Default: none.")
    private Path path;

    /** What was given, or null. */
    Path path() {
        return path;
    }
}
