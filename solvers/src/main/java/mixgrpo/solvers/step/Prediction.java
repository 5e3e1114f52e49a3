package mixgrpo.solvers.step;

/**
 * What a multistep solver extrapolates: the estimate {@code x + drive(sigma) * velocity} of the image or of the noise
 * in a latent x.
 */
public enum Prediction {
    /** The image: {@code x0 = x - sigma * velocity}. */
    DATA {
        @Override
        public double drive(double sigma) {
            return -sigma;
        }
    },
    /** The noise: {@code eps = x + (1 - sigma) * velocity}. */
    NOISE {
        @Override
        public double drive(double sigma) {
            return 1 - sigma;
        }
    };

    /** Weight of the velocity; the latent's is 1. */
    public abstract double drive(double sigma);
}
