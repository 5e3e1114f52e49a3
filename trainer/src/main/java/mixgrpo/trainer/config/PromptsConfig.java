package mixgrpo.trainer.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What is trained on.
 *
 * @param file UTF-8 text with one prompt a line; without it the built-in model trains on its own prompts
 * @param perIteration how many different prompts (groups) in one iteration
 */
public record PromptsConfig(Optional<Path> file, int perIteration) {

    public PromptsConfig {
        new Faults().count("prompts.perIteration", perIteration).throwIfAny();
    }
}
