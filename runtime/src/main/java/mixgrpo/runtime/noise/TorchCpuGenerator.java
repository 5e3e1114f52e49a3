package mixgrpo.runtime.noise;

/**
 * The standard normals that torch draws on a CPU from a {@code torch.Generator} with {@code manual_seed(seed)}: for pictures that can
 * be compared with diffusers'. Unlike a {@link NoiseKey} it has a state: what it gives depends on what was drawn before. Used by one
 * thread at a time.
 *
 * <p>Words come from the Mersenne twister MT19937 (Matsumoto and Nishimura, 1998) under the seed's low 32 bits. (Commons RNG's
 * generator of that name cannot stand in: it is seeded by array, the reference code's {@code init_by_array}, and reaches other
 * states; torch seeds by the recurrence of one number, {@code init_genrand}.) Uniform float32 are a word's low 24 bits, doubles the
 * low 53 bits of two words, high word first. Normals are Box-Muller in one of two ways, by the number of elements drawn at once:
 *
 * <ul>
 *   <li>16 or more: all elements are filled with uniforms, then every sixteen become normals in place, element j with element j + 8,
 *       in float32; where the number is no multiple of 16, the last sixteen are drawn and turned once more.
 *   <li>fewer: one by one in double precision, a pair at a time; the second of a pair waits for the next such draw.
 * </ul>
 *
 * <p>Torch's vector code takes logarithm, sine and cosine by polynomials in float32, here they are rounded from double: results agree
 * to a few units in the last place, not bit for bit.
 */
public final class TorchCpuGenerator {

    /** Elements from which on torch draws in blocks of as many. */
    private static final int BLOCK = 16;

    private static final int WORDS = 624;
    private static final int MIDDLE = 397;
    private static final float UNIT_FLOAT = 0x1p-24f;
    private static final double UNIT_DOUBLE = 0x1p-53;
    private static final float TWO_PI = (float) (2 * Math.PI);

    private final int[] state = new int[WORDS];
    private int used = WORDS;
    private double waiting = Double.NaN;

    /** @param seed any value; torch uses its low 32 bits only */
    public TorchCpuGenerator(long seed) {
        state[0] = (int) seed;
        for (int i = 1; i < WORDS; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ state[i - 1] >>> 30) + i;
        }
    }

    /** Fills an array as {@code torch.randn} fills a contiguous tensor of so many elements. */
    public void normals(float[] target) {
        if (target.length < BLOCK) {
            for (int i = 0; i < target.length; i++) {
                target[i] = (float) single();
            }
            return;
        }
        uniforms(target, 0, target.length);
        for (int start = 0; start + BLOCK <= target.length; start += BLOCK) {
            block(target, start);
        }
        if (target.length % BLOCK != 0) {
            uniforms(target, target.length - BLOCK, target.length);
            block(target, target.length - BLOCK);
        }
    }

    private void uniforms(float[] target, int start, int end) {
        for (int i = start; i < end; i++) {
            target[i] = (word() & 0xffffff) * UNIT_FLOAT;
        }
    }

    private static void block(float[] values, int start) {
        for (int j = start; j < start + BLOCK / 2; j++) {
            float radius = (float) Math.sqrt(-2 * (float) StrictMath.log(1 - values[j]));
            float angle = TWO_PI * values[j + BLOCK / 2];
            values[j] = radius * (float) StrictMath.cos(angle);
            values[j + BLOCK / 2] = radius * (float) StrictMath.sin(angle);
        }
    }

    private double single() {
        if (!Double.isNaN(waiting)) {
            double second = waiting;
            waiting = Double.NaN;
            return second;
        }
        double angle = 2 * Math.PI * uniform();
        double radius = Math.sqrt(-2 * StrictMath.log1p(-uniform()));
        waiting = radius * StrictMath.sin(angle);
        return radius * StrictMath.cos(angle);
    }

    private double uniform() {
        long high = word();
        long both = high << 32 | Integer.toUnsignedLong(word());
        return (both & (1L << 53) - 1) * UNIT_DOUBLE;
    }

    private int word() {
        if (used == WORDS) {
            twist();
            used = 0;
        }
        int word = state[used++];
        word ^= word >>> 11;
        word ^= word << 7 & 0x9d2c5680;
        word ^= word << 15 & 0xefc60000;
        return word ^ word >>> 18;
    }

    private void twist() {
        for (int i = 0; i < WORDS; i++) {
            int pair = state[i] & 0x80000000 | state[(i + 1) % WORDS] & 0x7fffffff;
            state[i] = state[(i + MIDDLE) % WORDS] ^ pair >>> 1 ^ ((pair & 1) == 0 ? 0 : 0x9908b0df);
        }
    }
}
