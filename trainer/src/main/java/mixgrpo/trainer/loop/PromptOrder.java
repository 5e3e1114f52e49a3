package mixgrpo.trainer.loop;

import java.util.ArrayList;
import java.util.List;
import mixgrpo.runtime.noise.Choice;
import mixgrpo.runtime.noise.NoiseKey;
import mixgrpo.runtime.rollout.Prompt;

/**
 * Which prompts an iteration takes: pass after pass over all of them, each in an order of its own, a function of the seed. A
 * pass takes as many whole iterations as fit; the few prompts left over, others in every pass, wait for the next one.
 *
 * @param perIteration prompts an iteration, all different
 */
public record PromptOrder(List<Prompt> prompts, int perIteration, long seed) {

    public PromptOrder {
        prompts = List.copyOf(prompts);
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("prompts: expected at least one, got none");
        }
        if (perIteration > prompts.size()) {
            throw new IllegalArgumentException("prompts.perIteration: expected 1..%d (the number of prompts), got %d"
                    .formatted(prompts.size(), perIteration));
        }
    }

    public List<Prompt> at(int iteration) {
        List<Prompt> chosen = new ArrayList<>();
        int iterationsPerPass = prompts.size() / perIteration;
        int pass = iteration / iterationsPerPass;
        int[] order = Choice.permutation(
                prompts.size(), NoiseKey.of(seed, NoiseKey.Stream.DATA_ORDER).withIteration(pass));
        int first = iteration % iterationsPerPass * perIteration;
        for (int i = first; i < first + perIteration; i++) {
            chosen.add(prompts.get(order[i]));
        }
        return chosen;
    }
}
