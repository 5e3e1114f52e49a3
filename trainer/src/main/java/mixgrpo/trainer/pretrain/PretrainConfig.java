package mixgrpo.trainer.pretrain;

/**
 * How the models of the scenes world are made.
 *
 * @param seed of everything random
 * @param prompts distinct training prompts
 * @param scenesPerPrompt pictures drawn of each
 * @param textLength token positions of a prompt
 */
public record PretrainConfig(
        long seed, int prompts, int scenesPerPrompt, int textLength, Stage autoencoder, Stage policy) {

    /**
     * One of the two trainings.
     *
     * @param steps updates
     * @param batch pictures an update
     * @param learningRate its largest value
     * @param decay the last updates, over which it falls
     */
    public record Stage(int steps, int batch, double learningRate, int decay) {
        public Stage {
            positive("steps", steps);
            positive("batch", batch);
            positive("decay", decay);
            if (!(learningRate > 0)) {
                throw new IllegalArgumentException("learning rate: expected a positive number, got " + learningRate);
            }
        }
    }

    public PretrainConfig {
        positive("prompts", prompts);
        positive("scenes per prompt", scenesPerPrompt);
    }

    private static void positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("%s: expected 1 or more, got %d".formatted(name, value));
        }
    }

    /** What made the shipped models. */
    public static PretrainConfig shipped() {
        return new PretrainConfig(1, 20_000, 3, 16, new Stage(600, 32, 2e-3, 400), new Stage(13_000, 32, 8e-4, 2_500));
    }
}
