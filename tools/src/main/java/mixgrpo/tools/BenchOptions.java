package mixgrpo.tools;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options that all measurements have. */
final class BenchOptions {

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of the engines and of libtorch. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the figures there too. Default: none.")
    private Path json;

    int threads() {
        return threads;
    }

    OutputFile json() {
        return new OutputFile("--json", json);
    }
}
