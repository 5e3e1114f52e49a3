package mixgrpo.trainer.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import mixgrpo.runtime.rollout.Prompt;
import org.junit.jupiter.api.Test;

class PromptOrderTest {

    private static List<Prompt> prompts(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Prompt(i, "prompt " + i, () -> null))
                .toList();
    }

    private static List<Integer> numbers(PromptOrder order, int iteration) {
        return order.at(iteration).stream().map(Prompt::number).toList();
    }

    @Test
    void aPassUsesEveryPromptAtMostOnce() {
        for (int[] sizes : new int[][] {{12, 4}, {13, 4}, {5, 5}, {7, 1}, {9, 8}}) {
            PromptOrder order = new PromptOrder(prompts(sizes[0]), sizes[1], 3);
            int iterations = sizes[0] / sizes[1];
            for (int pass = 0; pass < 4; pass++) {
                Set<Integer> used = new HashSet<>();
                for (int i = 0; i < iterations; i++) {
                    used.addAll(numbers(order, pass * iterations + i));
                }
                assertEquals(iterations * sizes[1], used.size(), "pass " + pass);
            }
        }
    }

    @Test
    void thoseLeftOverAreOthersInEveryPass() {
        PromptOrder order = new PromptOrder(prompts(5), 3, 1);
        Set<Integer> used = new HashSet<>();
        IntStream.range(0, 20).forEach(iteration -> used.addAll(numbers(order, iteration)));
        assertEquals(5, used.size());
    }

    @Test
    void theOrderIsAFunctionOfSeedAndIteration() {
        List<Integer> first = new ArrayList<>();
        List<Integer> second = new ArrayList<>();
        List<Integer> other = new ArrayList<>();
        for (int iteration = 0; iteration < 10; iteration++) {
            first.addAll(numbers(new PromptOrder(prompts(20), 4, 7), iteration));
            other.addAll(numbers(new PromptOrder(prompts(20), 4, 8), iteration));
        }
        PromptOrder again = new PromptOrder(prompts(20), 4, 7);
        for (int iteration = 9; iteration >= 0; iteration--) {
            second.addAll(0, numbers(again, iteration));
        }
        assertEquals(first, second);
        assertNotEquals(first, other);
        assertNotEquals(first.subList(0, 20), first.subList(20, 40), "passes in the same order");
    }

    @Test
    void moreThanThereAreIsRefused() {
        var error = assertThrows(IllegalArgumentException.class, () -> new PromptOrder(prompts(3), 4, 0));
        assertTrue(error.getMessage().startsWith("prompts.perIteration: expected 1..3"), error.getMessage());
        assertThrows(IllegalArgumentException.class, () -> new PromptOrder(List.of(), 1, 0));
    }
}
