package mixgrpo.runtime.scenes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mixgrpo.runtime.scenes.SceneSplit.Part;
import org.apache.commons.rng.core.source64.SplitMix64;
import org.junit.jupiter.api.Test;

class SceneSplitTest {
    private static final List<ScenePrompt> TEST = SceneSplit.testPrompts(512);
    private static final List<ScenePrompt> DEVELOPMENT = SceneSplit.developmentPrompts(512);
    private static final List<ScenePrompt> TRAINING = SceneSplit.trainingPrompts(4_000, KindWeights.TRAINING, 1);

    @Test
    void partsHaveNoTextInCommonAndNoneTwice() {
        List<ScenePrompt> all = new ArrayList<>(TRAINING);
        all.addAll(DEVELOPMENT);
        all.addAll(TEST);
        Set<String> texts = new HashSet<>();
        all.forEach(prompt -> assertTrue(texts.add(prompt.text()), prompt::text));
        TEST.forEach(prompt -> assertEquals(Part.TEST, SceneSplit.partOf(prompt)));
        DEVELOPMENT.forEach(prompt -> assertEquals(Part.DEVELOPMENT, SceneSplit.partOf(prompt)));
    }

    @Test
    void trainingNeverShowsAHeldOutPair() {
        SplitMix64 random = new SplitMix64(2);
        List<ScenePrompt> shown = new ArrayList<>(TRAINING);
        for (int i = 0; i < 10_000; i++) {
            shown.add(SceneSplit.trainingPrompt(KindWeights.TRAINING, random));
        }
        for (ScenePrompt prompt : shown) {
            assertFalse(SceneSplit.hasHeldOutPair(prompt), prompt::text);
            assertEquals(Part.TRAINING, SceneSplit.partOf(prompt), prompt::text);
        }
    }

    /** "A star left of a ring" and "a ring right of a star" are the same picture. */
    @Test
    void trainingNeverShowsAHeldOutPictureInOtherWords() {
        Set<String> trainable = new HashSet<>();
        SplitMix64 random = new SplitMix64(4);
        for (int i = 0; i < 40_000; i++) {
            trainable.add(
                    SceneSplit.trainingPrompt(KindWeights.TRAINING, random).text());
        }
        for (List<ScenePrompt> prompts : List.of(TEST, DEVELOPMENT)) {
            for (ScenePrompt prompt : prompts) {
                for (ScenePrompt wording : prompt.rewordings()) {
                    assertFalse(trainable.contains(wording.text()), wording::text);
                }
            }
        }
        assertEquals(
                List.of("a red star left of a blue ring", "a blue ring right of a red star"),
                ScenePrompt.parse("a red star left of a blue ring").rewordings().stream()
                        .map(ScenePrompt::text)
                        .toList());
        assertEquals(
                6,
                Set.copyOf(ScenePrompt.parse("a red star, a blue ring and a pink cross")
                                .rewordings())
                        .size());
    }

    @Test
    void everyFourthHeldOutPromptHasAHeldOutPair() {
        for (List<ScenePrompt> prompts : List.of(TEST, DEVELOPMENT)) {
            for (int i = 0; i < prompts.size(); i++) {
                assertEquals(i % 4 == 3, SceneSplit.hasHeldOutPair(prompts.get(i)));
            }
        }
    }

    /** Where a prompt falls must never change, or a later version would train on what an earlier one tested with. */
    @Test
    void theSplitIsFixed() {
        assertEquals(Part.TEST, SceneSplit.partOf(ScenePrompt.parse("a pink ring"))); // buckets by sha256sum
        assertEquals(Part.TRAINING, SceneSplit.partOf(ScenePrompt.parse("a red circle")));
        assertEquals(Part.TRAINING, SceneSplit.partOf(ScenePrompt.parse("two red stars")));
        assertEquals(
                List.of(
                        "two large pink circles",
                        "four pink circles",
                        "two pink crosses",
                        "a red square and a green triangle"),
                SceneSplit.testPrompts(4).stream().map(ScenePrompt::text).toList());
        assertEquals(
                List.of(
                        "a purple ring above an orange ring",
                        "a green star and a large yellow ring",
                        "two purple circles and a blue triangle",
                        "three small green triangles"),
                SceneSplit.developmentPrompts(4).stream().map(ScenePrompt::text).toList());
    }

    @Test
    void aLongerListBeginsWithTheShorter() {
        assertEquals(TEST.subList(0, 128), SceneSplit.testPrompts(128));
        assertEquals(TRAINING.subList(0, 500), SceneSplit.trainingPrompts(500, KindWeights.TRAINING, 1));
        assertNotEquals(TRAINING, SceneSplit.trainingPrompts(4_000, KindWeights.TRAINING, 2));
    }

    @Test
    void kindsComeInTheSharesOfTheirWeights() {
        assertShares(KindWeights.HELD_OUT, SceneSplit.testPrompts(128), .12);
        SplitMix64 random = new SplitMix64(3);
        List<ScenePrompt> drawn = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            drawn.add(SceneSplit.trainingPrompt(KindWeights.TRAINING, random));
        }
        assertShares(KindWeights.TRAINING, drawn, .015);
    }

    private static void assertShares(KindWeights weights, List<ScenePrompt> prompts, double tolerance) {
        Map<Kind, Double> shares = new EnumMap<>(Kind.class);
        prompts.forEach(prompt -> shares.merge(prompt.kind(), 1.0 / prompts.size(), Double::sum));
        for (Kind kind : Kind.values()) {
            assertEquals(weights.of(kind), shares.getOrDefault(kind, 0.0), tolerance, kind::name);
        }
    }

    @Test
    void aboutOnePhraseInSevenHasASizeWord() {
        long phrases = TRAINING.stream()
                .filter(prompt -> prompt.kind() == Kind.RELATION)
                .mapToLong(prompt -> prompt.groups().size())
                .sum();
        long sized = TRAINING.stream()
                .filter(prompt -> prompt.kind() == Kind.RELATION)
                .flatMap(prompt -> prompt.groups().stream())
                .filter(group -> group.size() != Size.ANY)
                .count();
        assertEquals(.15, (double) sized / phrases, .03);
    }

    @Test
    void moreThanThereAreIsRefused() {
        KindWeights singles = new KindWeights(1, 0, 0, 0, 0, 0);
        String message = assertThrows(
                        IllegalArgumentException.class, () -> SceneSplit.trainingPrompts(1_000, singles, 1))
                .getMessage();
        assertTrue(message.startsWith("1000 distinct training prompts: only about "), message);
    }
}
