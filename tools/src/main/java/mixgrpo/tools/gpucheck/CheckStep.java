package mixgrpo.tools.gpucheck;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One check: a command.
 *
 * @param name of the check and of its log
 * @param folder that it runs in
 * @param command and its arguments
 * @param skipped why it is left out, if it is
 * @param metrics what a training run writes about its iterations, if it is one
 */
public record CheckStep(
        String name, Path folder, List<String> command, Optional<String> skipped, Optional<Path> metrics) {

    public CheckStep {
        command = List.copyOf(command);
    }

    CheckStep(String name, Path folder, List<String> command) {
        this(name, folder, command, Optional.empty(), Optional.empty());
    }

    CheckStep without(String reason) {
        return new CheckStep(name, folder, command, Optional.of(reason), metrics);
    }

    CheckStep withMetrics(Path file) {
        return new CheckStep(name, folder, command, skipped, Optional.of(file));
    }
}
