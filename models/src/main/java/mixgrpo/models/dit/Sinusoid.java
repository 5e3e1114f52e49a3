package mixgrpo.models.dit;

/**
 * Sinusoidal embedding of a timestep or guidance scale (diffusers' Timesteps with flipped halves and shift 0). The exponents are
 * float32 as in the reference: with float64 ones the arguments, up to several thousand, differ visibly.
 */
public final class Sinusoid {

    /** Channels of an embedding: cosines, then sines. */
    public static final int CHANNELS = 256;

    private static final float[] FREQUENCIES = new float[CHANNELS / 2];

    static {
        float logPeriod = (float) -Math.log(10000);
        for (int i = 0; i < FREQUENCIES.length; i++) {
            FREQUENCIES[i] = (float) StrictMath.exp(logPeriod * i / FREQUENCIES.length);
        }
    }

    private Sinusoid() {}

    /** What an argument is multiplied by, one for each pair of a cosine and a sine; a new array of the caller. */
    public static float[] frequencies() {
        return FREQUENCIES.clone();
    }

    /** Embeddings of {@code 1000 * values}, {@code [values, CHANNELS]} row-major; the array is the caller's. */
    public static float[] ofThousandths(float... values) {
        float[] timesteps = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            timesteps[i] = values[i] * 1000;
        }
        return of(timesteps);
    }

    /** Embeddings of timesteps, {@code [timesteps, CHANNELS]} row-major; the array is the caller's. */
    public static float[] of(float... timesteps) {
        float[] embeddings = new float[timesteps.length * CHANNELS];
        for (int row = 0; row < timesteps.length; row++) {
            for (int i = 0; i < FREQUENCIES.length; i++) {
                float angle = timesteps[row] * FREQUENCIES[i];
                embeddings[row * CHANNELS + i] = (float) StrictMath.cos(angle);
                embeddings[row * CHANNELS + FREQUENCIES.length + i] = (float) StrictMath.sin(angle);
            }
        }
        return embeddings;
    }
}
