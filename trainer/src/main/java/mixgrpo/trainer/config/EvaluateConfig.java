package mixgrpo.trainer.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The measurement on prompts that are never trained on: the same prompts and noise for the base and the tuned model.
 *
 * @param every iterations between two measurements on the way, which use one seed; 0 measures only at the end
 * @param file UTF-8 text with one prompt a line to measure on, half of them on the way and half at the end. Without it those that the
 *     built-in model's world reserves, or, for a model with text encoders of its own, a tenth each of {@code prompts.file} by the hash of
 *     their text
 * @param prompts how many prompts are measured, at the most
 * @param seeds pictures of each prompt, each with noise of its own
 */
public record EvaluateConfig(int every, Optional<Path> file, int prompts, int seeds) {

    public EvaluateConfig {
        new Faults()
                .expect(every >= 0, "evaluate.every", "0 or more", every)
                .count("evaluate.prompts", prompts)
                .count("evaluate.seeds", seeds)
                .throwIfAny();
    }
}
