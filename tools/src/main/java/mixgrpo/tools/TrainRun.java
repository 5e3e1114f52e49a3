package mixgrpo.tools;

import java.nio.file.Path;
import mixgrpo.tools.config.Configuration;

/** A training run from its configuration to its report. */
final class TrainRun {

    private final Configuration configuration;
    private final Path resume;
    private final Console console;

    /**
     * @param configuration of the run
     * @param resume the folder of the run to go on with, or null for a new one
     * @param console where it says what happens
     */
    TrainRun(Configuration configuration, Path resume, Console console) {
        this.configuration = configuration;
        this.resume = resume;
        this.console = console;
    }

    /**
     * @param dryRun whether to print the plan of the run instead of running it
     */
    ExitCode call(boolean dryRun) throws Exception {
        if (dryRun) {
            console.print(configuration.toYaml());
            return ExitCode.OK;
        }
        throw new IllegalStateException("training (%s) is not wired yet".formatted(resume == null ? "new" : resume));
    }
}
