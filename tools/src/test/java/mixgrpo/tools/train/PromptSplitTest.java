package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PromptSplitTest {

    private static List<String> prompts(int count) {
        return IntStream.range(0, count).mapToObj(i -> "prompt " + i).toList();
    }

    private static void assertParted(List<String> prompts, PromptSplit split) {
        assertEquals(prompts.size(), split.all().size());
        assertEquals(Set.copyOf(prompts), Set.copyOf(split.all()));
    }

    @Test
    void aTenthEachIsHeldOutAndDeveloped() {
        List<String> prompts = prompts(20_000);
        PromptSplit split = PromptSplit.of(prompts, 1);
        assertParted(prompts, split);
        // Of a binomial: 2000 with a standard deviation of 42.
        assertEquals(2000, split.heldOut().size(), 200);
        assertEquals(2000, split.development().size(), 200);
        List<String> training = prompts.stream()
                .filter(new HashSet<>(split.training())::contains)
                .toList();
        assertEquals(training, split.training(), "in the order of the list");
    }

    @Test
    void aLongerListLeavesPromptsWhereTheyWere() {
        PromptSplit shorter = PromptSplit.of(prompts(500), 1);
        PromptSplit longer = PromptSplit.of(prompts(900), 1);
        assertTrue(longer.heldOut().containsAll(shorter.heldOut()));
        assertTrue(longer.development().containsAll(shorter.development()));
        assertTrue(longer.training().containsAll(shorter.training()));
    }

    @Test
    void theOrderOfTheListChangesNothing() {
        List<String> turned = new java.util.ArrayList<>(prompts(100));
        Collections.reverse(turned);
        PromptSplit split = PromptSplit.of(prompts(100), 1);
        assertEquals(split.heldOut(), PromptSplit.of(turned, 1).heldOut());
        assertEquals(split.development(), PromptSplit.of(turned, 1).development());
    }

    @Test
    void ofAShortListEachPartHasOneAndTrainingWhatItNeeds() {
        for (int count = 1; count < 12; count++) {
            List<String> prompts = prompts(count);
            for (int trained = 1; trained <= count; trained++) {
                PromptSplit split = PromptSplit.of(prompts, trained);
                String which = "%d of %d".formatted(trained, count);
                assertParted(prompts, split);
                assertTrue(split.training().size() >= trained, which);
                assertEquals(count - trained >= 1, !split.heldOut().isEmpty(), which);
                assertEquals(count - trained >= 2, !split.development().isEmpty(), which);
            }
        }
    }

    @Test
    void aListToMeasureOnIsSharedOutWithoutWhatIsTrained() {
        PromptSplit split = PromptSplit.of(prompts(3), prompts(10));
        assertEquals(prompts(3), split.training());
        assertEquals(4, split.heldOut().size());
        assertEquals(3, split.development().size());
        assertTrue(Collections.disjoint(split.heldOut(), split.development()));
        assertTrue(Collections.disjoint(split.training(), split.all().subList(3, 10)));
        assertEquals(2, split.measuring(2).development().size());
        assertEquals(split.heldOut().subList(0, 2), split.measuring(2).heldOut());
    }
}
