package mixgrpo.trainer.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What is trained on.
 *
 * @param file UTF-8 text with one prompt a line; without it the built-in model trains on its own prompts
 * @param perIteration how many different prompts (groups) in one iteration
 * @param textLength token positions of a prompt, at which longer ones are cut: with the encoders of FLUX and SD3 those of T5. The model's
 *     own when absent: 512 for FLUX.1-dev, 256 for FLUX.1-schnell and SD3, 16 for the built-in one
 */
public record PromptsConfig(Optional<Path> file, int perIteration, Optional<Integer> textLength) {

    public PromptsConfig {
        new Faults()
                .count("prompts.perIteration", perIteration)
                .count("prompts.textLength", textLength.orElse(1))
                .throwIfAny();
    }
}
