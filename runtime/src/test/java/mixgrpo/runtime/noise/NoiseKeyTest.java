package mixgrpo.runtime.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.apache.commons.rng.core.source32.Philox4x32;
import org.junit.jupiter.api.Test;

class NoiseKeyTest {

    static final NoiseKey EXAMPLE = new NoiseKey(0x0123456789abcdefL, 1, 2, 3, 4, NoiseKey.Stream.SDE_STEP);

    /** Known answers of the authors' Random123 library (philox4x32, 10 rounds). */
    @Test
    void philoxGivesTheKnownAnswers() {
        int[][] inputsAndOutputs = {
            {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
            {-1, -1, -1, -1, -1, -1, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
            {
                0xa4093822,
                0x299f31d0,
                0x243f6a88,
                0x85a308d3,
                0x13198a2e,
                0x03707344,
                0xd16cfe09,
                0x94fdcceb,
                0x5001e420,
                0x24126ea1
            }
        };
        for (int[] all : inputsAndOutputs) {
            int[] input = Arrays.copyOf(all, 6);
            int[] output = Arrays.copyOfRange(all, 6, 10);
            assertArrayEquals(output, block(input));
            assertArrayEquals(output, next(new Philox4x32(oneBlockBefore(input)), 4));
        }
    }

    @Test
    void exampleGivesTheDocumentedWords() {
        assertArrayEquals(
                new int[] {
                    0x22c1b3cf, 0x5d5c3abe, 0x3ad62511, 0x23112027, 0x6a2cfc06, 0xa3fed6dd, 0xf144c2b2, 0x86f7fa42
                },
                next(EXAMPLE.words(), 8));
    }

    @Test
    void wordsFollowTheDocumentedLayout() {
        long seed = 20261125;
        Random random = new Random(seed);
        for (int trial = 0; trial < 200; trial++) {
            NoiseKey.Stream stream = NoiseKey.Stream.values()[random.nextInt(NoiseKey.Stream.values().length)];
            NoiseKey key = new NoiseKey(
                    random.nextLong(),
                    random.nextInt(Integer.MAX_VALUE),
                    random.nextInt(Integer.MAX_VALUE),
                    random.nextInt(65536),
                    random.nextInt(1024),
                    stream);
            Philox4x32 words = key.words();
            for (int block = 1; block < 4; block++) {
                int last = key.image() << 16 | key.step() << 6 | stream.ordinal();
                int[] input = {(int) key.seed(), (int) (key.seed() >>> 32), block, key.iteration(), key.prompt(), last};
                assertArrayEquals(block(input), next(words, 4), key + ", block " + block + ", seed " + seed);
            }
        }
    }

    @Test
    void neighbouringKeysHaveDifferentWords() {
        Set<Integer> first = new HashSet<>();
        NoiseKey zero = NoiseKey.of(0, NoiseKey.Stream.INITIAL_LATENT);
        for (NoiseKey key : new NoiseKey[] {
            zero,
            NoiseKey.of(1, NoiseKey.Stream.INITIAL_LATENT),
            NoiseKey.of(1L << 32, NoiseKey.Stream.INITIAL_LATENT),
            NoiseKey.of(0, NoiseKey.Stream.SDE_STEP),
            zero.withIteration(1),
            zero.withPrompt(1),
            zero.withImage(1),
            zero.withStep(1)
        }) {
            assertTrue(first.add(key.words().next()), key::toString);
        }
        assertEquals(8, first.size());
    }

    @Test
    void fieldsOutsideTheLayoutAreRefused() {
        NoiseKey key = NoiseKey.of(1, NoiseKey.Stream.SDE_STEP);
        assertEquals(
                "noise key, image: expected 0..65535, got 65536",
                assertThrows(IllegalArgumentException.class, () -> key.withImage(65536))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> key.withStep(1024));
        assertThrows(IllegalArgumentException.class, () -> key.withPrompt(-1));
        assertThrows(IllegalArgumentException.class, () -> key.withIteration(-1));
    }

    @Test
    void streamsKeepTheirNumbers() {
        assertEquals(
                "[INITIAL_LATENT, SDE_STEP, DATA_ORDER, EVALUATION_LATENT, INITIAL_WEIGHTS, RANDOM_TEXT]",
                Arrays.toString(NoiseKey.Stream.values()));
    }

    /** Commons RNG's generator steps its counter before it draws. */
    private static int[] oneBlockBefore(int[] input) {
        int[] before = input.clone();
        int word = 2;
        do {
            before[word]--;
        } while (before[word] == -1 && ++word < 6);
        return before;
    }

    static int[] next(Philox4x32 words, int count) {
        int[] values = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = words.next();
        }
        return values;
    }

    /** Philox4x32-10 as in the paper: key words 0 and 1, counter words 0 to 3. */
    private static int[] block(int[] input) {
        int k0 = input[0];
        int k1 = input[1];
        int[] c = {input[2], input[3], input[4], input[5]};
        for (int round = 0; round < 10; round++) {
            long p0 = 0xD2511F53L * Integer.toUnsignedLong(c[0]);
            long p1 = 0xCD9E8D57L * Integer.toUnsignedLong(c[2]);
            c = new int[] {(int) (p1 >>> 32) ^ c[1] ^ k0, (int) p1, (int) (p0 >>> 32) ^ c[3] ^ k1, (int) p0};
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return c;
    }
}
