package mixgrpo.runtime.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TextEncoderTest {

    private static TextEncoder encoder;

    @BeforeAll
    static void load() {
        encoder = new TextEncoder(16);
    }

    @AfterAll
    static void close() {
        encoder.close();
    }

    @Test
    void tokensAreTheOnesOfTheReferenceTokenizer() {
        assertArrayEquals(
                new int[] {101, 1037, 2417, 4418, 102},
                encoder.tokenize("a red circle").ids());
    }

    @Test
    void statesAreZeroBehindTheRealTokens() {
        TextEmbedding embedding = encoder.encode("two red circles");
        float[] states = embedding.states();
        assertEquals(16 * TextEncoder.WIDTH, states.length);
        assertEquals(5, embedding.tokens());
        for (int i = 0; i < states.length; i++) {
            assertEquals(i < 5 * TextEncoder.WIDTH, states[i] != 0, "position " + i);
        }
    }

    @Test
    void pooledIsTheScaledMeanOfTheRealTokens() {
        TextEmbedding embedding = encoder.encode("a blue square left of a yellow triangle");
        double[] mean = new double[TextEncoder.WIDTH];
        for (int i = 0; i < embedding.tokenStates().length; i++) {
            mean[i % TextEncoder.WIDTH] += embedding.tokenStates()[i] / (double) embedding.tokens();
        }
        double norm = Math.sqrt(dot(mean, mean));
        for (int i = 0; i < mean.length; i++) {
            assertEquals(
                    mean[i] / norm * Math.sqrt(TextEncoder.WIDTH), embedding.pooled()[i], 1e-5);
        }
    }

    /** Cosines that the model gave elsewhere: synonyms 0.473, unrelated 0.045. */
    @Test
    void synonymsAreNearerThanStrangers() {
        float[] circle = encoder.encode("a photo of a red circle").pooled();
        float[] disc = encoder.encode("an image of a crimson disc").pooled();
        float[] tax = encoder.encode("quarterly tax report").pooled();
        assertEquals(0.473, cosine(circle, disc), 0.01);
        assertEquals(0.045, cosine(circle, tax), 0.01);
    }

    @Test
    void embeddingDoesNotDependOnOtherPrompts() {
        float[] together = encoder.encode(
                        List.of("one green star", "four large purple rings above an orange cross"), done -> {})
                .get(0)
                .states();
        try (TextEncoder fresh = new TextEncoder(16)) {
            assertArrayEquals(together, fresh.encode("one green star").states());
        }
    }

    @Test
    void everyPromptIsEncodedOnce() {
        assertSame(encoder.encode("a small pink square"), encoder.encode("a small pink square"));
    }

    @Test
    void progressCountsThePrompts() {
        List<Integer> done = new ArrayList<>();
        encoder.encode(List.of("a", "b", "a"), done::add);
        assertEquals(List.of(1, 2, 3), done);
    }

    @Test
    void longPromptIsCutAtTheEndMarkAndTellsTheLostWords() {
        String prompt =
                "three small green stars left of a large purple ring above two large transmogrifications of red";
        Tokens tokens = encoder.tokenize(prompt);
        assertEquals(16, tokens.cut(16).length);
        assertEquals(102, tokens.cut(16)[15]);
        assertEquals("transmogrifications of red", tokens.lost(16)); // its first word piece had still fitted
        assertEquals(16, encoder.encode(prompt).tokens());
    }

    @Test
    void lostWordsAreCountedInCodePoints() {
        try (TextEncoder three = new TextEncoder(3)) {
            assertEquals("red", three.tokenize("\uD83D\uDE00 red").lost(3));
        }
    }

    @Test
    void promptLongerThanTheTokenizersOwnLimitIsNotCutBeforeOurs() {
        try (TextEncoder wide = new TextEncoder(200)) {
            assertEquals(152, wide.encode("red ".repeat(150)).tokens());
        }
    }

    @Test
    void impossibleLengthIsRefused() {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new TextEncoder(513))
                .getMessage()
                .contains("expected 3..512 tokens, got 513"));
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
        }
        return dot / TextEncoder.WIDTH;
    }

    private static double dot(double[] a, double[] b) {
        double dot = 0;
        for (int i = 0; i < a.length; i++) {
            dot += a[i] * b[i];
        }
        return dot;
    }
}
