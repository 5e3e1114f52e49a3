package mixgrpo.runtime.noise;

import org.apache.commons.rng.core.source32.Philox4x32;

/**
 * Orders by key: a Fisher-Yates shuffle from the front. Position i swaps with i + floor(w (n - i) / 2^32), w the
 * key's next word as an unsigned number; words whose product with n - i has low 32 bits below 2^32 mod (n - i) are skipped, so
 * that all orders are equally likely (Lemire, "Fast random integer generation in an interval", arXiv 1805.10941).
 *
 * <p>Test vector: the key of {@link NoiseKey}'s gives the permutation of eight 1 3 0 2 5 6 7 4.
 */
public final class Choice {

    private Choice() {}

    /** The numbers 0 to {@code count - 1} in an order of the key; a new array of the caller. */
    public static int[] permutation(int count, NoiseKey key) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = i;
        }
        Philox4x32 words = key.words();
        for (int i = 0; i < count; i++) {
            int other = i + below(count - i, words);
            int swapped = order[i];
            order[i] = order[other];
            order[other] = swapped;
        }
        return order;
    }

    private static int below(int bound, Philox4x32 words) {
        long skipped = (1L << 32) % bound;
        long product;
        do {
            product = Integer.toUnsignedLong(words.next()) * bound;
        } while ((product & 0xffffffffL) < skipped);
        return (int) (product >>> 32);
    }
}
