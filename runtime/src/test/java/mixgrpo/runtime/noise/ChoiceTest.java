package mixgrpo.runtime.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChoiceTest {

    private static final NoiseKey KEY = NoiseKey.of(3, NoiseKey.Stream.DATA_ORDER);

    /** Computed once in another language from the documented words. */
    @Test
    void exampleGivesTheDocumentedPermutation() {
        assertArrayEquals(new int[] {1, 3, 0, 2, 5, 6, 7, 4}, Choice.permutation(8, NoiseKeyTest.EXAMPLE));
    }

    @Test
    void permutationHoldsEveryNumberOnce() {
        for (int count : new int[] {0, 1, 2, 17, 1000}) {
            int[] sorted = Choice.permutation(count, KEY);
            Arrays.sort(sorted);
            assertArrayEquals(IntStream.range(0, count).toArray(), sorted);
        }
    }

    /** Chi-square over the 24 orders of four with 23 degrees of freedom; 49.7 is exceeded once in a thousand seeds. */
    @Test
    void allOrdersAreEquallyLikely() {
        int trials = 24_000;
        Map<String, Integer> counts = new HashMap<>();
        for (int iteration = 0; iteration < trials; iteration++) {
            counts.merge(Arrays.toString(Choice.permutation(4, KEY.withIteration(iteration))), 1, Integer::sum);
        }
        assertEquals(24, counts.size());
        double expected = trials / 24.0;
        double chiSquare = counts.values().stream()
                .mapToDouble(count -> (count - expected) * (count - expected) / expected)
                .sum();
        assertTrue(chiSquare < 49.7, "chi-square " + chiSquare);
    }
}
