package mixgrpo.runtime.scenes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mixgrpo.runtime.scenes.ScenePrompt.Group;
import org.apache.commons.rng.core.source64.SplitMix64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScenePromptTest {
    private static final Group STARS = new Group(3, Size.SMALL, Colour.GREEN, Shape.STAR);
    private static final Group RING = new Group(1, Size.ANY, Colour.PURPLE, Shape.RING);
    private static final Group CROSS = new Group(1, Size.LARGE, Colour.ORANGE, Shape.CROSS);

    @Test
    void textsReadAsInTheGrammar() {
        assertEquals("a purple ring", text(Optional.empty(), RING));
        assertEquals("a large orange cross", text(Optional.empty(), CROSS));
        assertEquals("an orange circle", text(Optional.empty(), new Group(1, Size.ANY, Colour.ORANGE, Shape.CIRCLE)));
        assertEquals("two red crosses", text(Optional.empty(), new Group(2, Size.ANY, Colour.RED, Shape.CROSS)));
        assertEquals("three small green stars and a purple ring", text(Optional.empty(), STARS, RING));
        assertEquals("a purple ring left of a large orange cross", text(Optional.of(Relation.LEFT_OF), RING, CROSS));
        assertEquals(
                "a purple ring, a red cross and a blue star",
                text(
                        Optional.empty(),
                        RING,
                        new Group(1, Size.ANY, Colour.RED, Shape.CROSS),
                        new Group(1, Size.ANY, Colour.BLUE, Shape.STAR)));
    }

    private static String text(Optional<Relation> relation, Group... groups) {
        return new ScenePrompt(List.of(groups), relation).text();
    }

    @Test
    void parsingGivesEveryPromptBack() {
        SplitMix64 random = new SplitMix64(5);
        for (int i = 0; i < 3_000; i++) {
            ScenePrompt prompt = SceneSplit.trainingPrompt(KindWeights.TRAINING, random);
            assertEquals(prompt, ScenePrompt.parse(prompt.text()));
            assertEquals(prompt, ScenePrompt.parse("  " + prompt.text().toUpperCase(Locale.ROOT) + "\n"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a red dragon                              | unknown shape 'dragon', known are circle",
                "a mauve circle                            | unknown colour 'mauve', known are red",
                "five red circles                          | unknown count 'five', known are a, two, three, four",
                "a tiny red circle                         | unknown size 'tiny', known are small, large",
                "a circle                                  | 'a circle' is no noun phrase",
                "''                                        | '' is no noun phrase",
                "two red circle                            | did you mean 'two red circles'?",
                "a orange circle                           | did you mean 'an orange circle'?",
                "a red star, and a pink ring               | did you mean 'a red star and a pink ring'?",
                "a red star and a red star                 | two phrases name the same colour and shape",
                "three large red stars                     | at most 2 large objects fit",
                "four red stars and a blue ring            | to 3 beside another",
                "two red stars above a blue ring           | only the first of at most two unrelated phrases counts",
                "a small red star, a red ring and a pink ring | three phrases take no size words",
                "a red star, a red ring, a pink ring and a blue star | expected 1 to 3 noun phrases, got 4",
                "a red star above a red ring above a pink ring | a relation joins 2 phrases, got 3",
            })
    void anotherTextIsRefusedWithWhatIsWrong(String text, String reason) {
        String message = assertThrows(IllegalArgumentException.class, () -> ScenePrompt.parse(text))
                .getMessage();
        assertTrue(message.startsWith("prompt '" + text + "' is not of the scenes world: "), message);
        assertTrue(message.contains(reason), message);
    }

    /** MiniLM splits only "cyan" (in two) and takes commas as words: 16 tokens with [CLS] and [SEP]. */
    @Test
    void everyPromptFitsSixteenTokens() {
        SplitMix64 random = new SplitMix64(6);
        KindWeights triples = new KindWeights(.1, .1, .1, .1, .1, .5);
        for (int i = 0; i < 5_000; i++) {
            String text = SceneSplit.trainingPrompt(triples, random).text();
            int tokens = 2 + text.replace("cyan", "cy an").replace(",", " ,").split(" ").length;
            assertTrue(tokens <= 16, text + ": " + tokens);
        }
    }
}
