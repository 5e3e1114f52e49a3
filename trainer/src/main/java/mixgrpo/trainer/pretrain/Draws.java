package mixgrpo.trainer.pretrain;

import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.core.source64.SplitMix64;

/** Random numbers for one purpose at one place of a training: a function of seed, purpose and index alone. */
final class Draws implements UniformRandomProvider {

    static final int WEIGHTS = 1;
    static final int SCENE = 2;
    static final int AUTOENCODER_STEP = 3;
    static final int POLICY_STEP = 4;
    static final int PROMPT = 5;

    private final SplitMix64 source;

    Draws(long seed, int purpose, long index) {
        long key = new SplitMix64(seed).nextLong() + purpose;
        source = new SplitMix64(new SplitMix64(new SplitMix64(key).nextLong() + index).nextLong());
    }

    @Override
    public long nextLong() {
        return source.nextLong();
    }

    /** A standard normal (Box-Muller; every value by itself). */
    double nextNormal() {
        return StrictMath.sqrt(-2 * StrictMath.log(1 - nextDouble())) * StrictMath.cos(2 * Math.PI * nextDouble());
    }

    float[] normals(int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) nextNormal();
        }
        return values;
    }

    int[] indices(int count, int below) {
        int[] indices = new int[count];
        for (int i = 0; i < count; i++) {
            indices[i] = nextInt(below);
        }
        return indices;
    }
}
