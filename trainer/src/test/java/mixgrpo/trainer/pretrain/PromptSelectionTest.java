package mixgrpo.trainer.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneSplit;
import org.junit.jupiter.api.Test;

class PromptSelectionTest {

    /** Rewards that follow from the prompt's text, so that no batch and no order matters. */
    private static double[][] rewards(List<String> prompts, int pictures, double most) {
        double[][] rewards = new double[prompts.size()][pictures];
        for (int i = 0; i < rewards.length; i++) {
            rewards[i][0] = prompts.get(i).length() % 3 * most / 2;
        }
        return rewards;
    }

    @Test
    void whatIsSometimesRightOrNearlyRightIsKept() {
        assertTrue(PromptSelection.keeps(.8, .25));
        assertTrue(PromptSelection.keeps(.5, .75));
        assertTrue(PromptSelection.keeps(.6, 0));
        assertFalse(PromptSelection.keeps(.59, 0));
        assertFalse(PromptSelection.keeps(1, 1));
        assertFalse(PromptSelection.keeps(.99, .95));
    }

    @Test
    void chosenPromptsAreDistinctTrainingPromptsInTheOrderOfTheCandidates() {
        List<String> tried = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        List<Integer> told = new ArrayList<>();
        PromptSelection.Chosen chosen = new PromptSelection(60, 2, 3)
                .choose(
                        (prompts, first, pictures) -> {
                            tried.addAll(prompts);
                            numbers.add(first);
                            return Map.of(
                                    "scene", rewards(prompts, pictures, 1), "strict", rewards(prompts, pictures, 1));
                        },
                        told::add);
        assertEquals(60, new HashSet<>(tried).size());
        assertEquals(List.of(24, 48, 60), told);
        assertEquals(List.of(1_000_000, 1_000_024, 1_000_048), numbers);
        // A mean of 1/4 or 1/2 of two pictures is kept, 0 is not.
        assertEquals(tried.stream().filter(text -> text.length() % 3 > 0).toList(), chosen.prompts());
        assertTrue(chosen.strict() > .25 && chosen.strict() < .5, chosen::toString);
        assertEquals(chosen.strict(), chosen.scene());
        for (String text : chosen.prompts()) {
            ScenePrompt prompt = ScenePrompt.parse(text);
            assertEquals(SceneSplit.Part.TRAINING, SceneSplit.partOf(prompt));
            assertFalse(SceneSplit.hasHeldOutPair(prompt));
        }
    }

    @Test
    void nothingToTryIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new PromptSelection(0, 4, 1));
        assertThrows(IllegalArgumentException.class, () -> new PromptSelection(10, 0, 1));
    }
}
