package mixgrpo.runtime.noise;

import org.apache.commons.rng.core.source32.Philox4x32;

/**
 * Standard normals by key: Box-Muller over pairs of the key's words. Words w0 and w1, as unsigned numbers, give
 *
 * <pre>
 * radius = sqrt(-2 log((w0 + 1/2) / 2^32))        angle = 2 pi w1 / 2^32
 * z0 = radius cos(angle)                          z1 = radius sin(angle)
 * </pre>
 *
 * in double precision by {@link StrictMath}, whose results are the same on every machine, rounded to float32; w2 and w3 give z2
 * and z3, and so on. The largest value is 6.76.
 *
 * <p>Test vector: the key of {@link NoiseKey}'s gives -1.3186315, 1.5016072, 1.1179826, 1.3003633, -0.8417711, -1.0254683, ...
 */
public final class Noise {

    private static final double UNIT = 0x1p-32;

    private Noise() {}

    /** Fills {@code target} with the first normals of the key. */
    public static void fill(float[] target, NoiseKey key) {
        fill(target, 0, target.length, key);
    }

    /** Writes the first {@code count} normals of the key to {@code target} from {@code offset} on. */
    public static void fill(float[] target, int offset, int count, NoiseKey key) {
        Philox4x32 words = key.words();
        int end = offset + count;
        for (int i = offset; i < end; i += 2) {
            double radius = StrictMath.sqrt(-2 * StrictMath.log((unsigned(words.next()) + 0.5) * UNIT));
            double angle = 2 * StrictMath.PI * (unsigned(words.next()) * UNIT);
            target[i] = (float) (radius * StrictMath.cos(angle));
            if (i + 1 < end) {
                target[i + 1] = (float) (radius * StrictMath.sin(angle));
            }
        }
    }

    private static double unsigned(int word) {
        return Integer.toUnsignedLong(word);
    }
}
