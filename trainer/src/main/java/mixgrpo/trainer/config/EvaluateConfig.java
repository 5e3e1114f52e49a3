package mixgrpo.trainer.config;

/**
 * The measurement on prompts that are never trained on: the same prompts and noise for the base and the tuned model.
 *
 * @param every iterations between two measurements on the way, which use one seed; 0 measures only at the end
 * @param prompts how many prompts are measured
 * @param seeds pictures of each prompt, each with noise of its own
 */
public record EvaluateConfig(int every, int prompts, int seeds) {

    public EvaluateConfig {
        new Faults()
                .expect(every >= 0, "evaluate.every", "0 or more", every)
                .count("evaluate.prompts", prompts)
                .count("evaluate.seeds", seeds)
                .throwIfAny();
    }
}
