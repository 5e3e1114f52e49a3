package mixgrpo.trainer.pretrain;

import java.util.Objects;
import mixgrpo.trainer.torchscript.Precision;

/**
 * How the models of the scenes world are made.
 *
 * @param seed of everything random
 * @param textLength token positions of a prompt
 * @param precision of the policy's linear layers; the autoencoder computes in float32
 */
public record PretrainConfig(long seed, int textLength, Precision precision, Stage autoencoder, Stage policy) {

    public PretrainConfig {
        Objects.requireNonNull(precision, "precision");
    }

    /**
     * One of the two trainings.
     *
     * @param pictures to learn from
     * @param steps updates
     * @param batch pictures an update
     * @param learningRate its largest value
     * @param decay the last updates, over which it falls
     */
    public record Stage(int pictures, int steps, int batch, double learningRate, int decay) {
        public Stage {
            positive("pictures", pictures);
            positive("steps", steps);
            positive("batch", batch);
            positive("decay", decay);
            if (!(learningRate > 0)) {
                throw new IllegalArgumentException("learning rate: expected a positive number, got " + learningRate);
            }
        }

        /** The same with another length; the learning rate falls over the same share of it. */
        public Stage withSteps(int others) {
            positive("steps", others);
            int falling = Math.max(1, (int) Math.round((double) decay * others / steps));
            return new Stage(pictures, others, batch, learningRate, falling);
        }

        private static void positive(String name, int value) {
            if (value < 1) {
                throw new IllegalArgumentException("%s: expected 1 or more, got %d".formatted(name, value));
            }
        }
    }

    /** What made the shipped models. */
    public static PretrainConfig shipped() {
        return new PretrainConfig(
                1,
                16,
                Precision.FP32,
                new Stage(60_000, 600, 32, 2e-3, 400),
                new Stage(40_000, 7_500, 32, 8e-4, 1_500));
    }
}
