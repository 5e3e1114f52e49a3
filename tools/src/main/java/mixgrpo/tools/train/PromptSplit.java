package mixgrpo.tools.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import mixgrpo.runtime.text.TextHash;

/**
 * Prompts in three parts: what is trained on, what a run is watched on, and what is only measured at its end.
 *
 * @param development in an order that depends on the texts alone
 * @param heldOut the same
 */
record PromptSplit(List<String> training, List<String> development, List<String> heldOut) {

    private static final int BUCKETS = 10;
    private static final int HELD_OUT = 0;
    private static final int DEVELOPMENT = 1;

    PromptSplit {
        training = List.copyOf(training);
        development = List.copyOf(development);
        heldOut = List.copyOf(heldOut);
    }

    /**
     * One list for all. A prompt's part follows from its text: by {@link TextHash} modulo 10, 0 is held out for the end, 1 is for
     * development, the rest is trained on, so that a longer list leaves prompts where they were. Of a list so short that one of the
     * two is empty, it gets the prompt with the smallest hash of the others; and training keeps as many as it needs.
     *
     * @param prompts all different
     * @param trained how many training needs, at the most all; if it needs all, nothing is left to measure on
     */
    static PromptSplit of(List<String> prompts, int trained) {
        List<String> rest = new ArrayList<>(byHash(prompts));
        List<String> heldOut = taken(rest, HELD_OUT);
        List<String> development = taken(rest, DEVELOPMENT);
        while (rest.size() < trained) {
            List<String> larger = development.size() >= heldOut.size() ? development : heldOut;
            rest.add(larger.remove(larger.size() - 1));
        }
        Set<String> training = new HashSet<>(rest);
        return new PromptSplit(prompts.stream().filter(training::contains).toList(), development, heldOut);
    }

    /** Takes a bucket out of prompts in the order of their hashes; where it is empty, the first of them. */
    private static List<String> taken(List<String> prompts, int bucket) {
        List<String> taken = new ArrayList<>(prompts.stream()
                .filter(prompt -> TextHash.of(prompt) % BUCKETS == bucket)
                .toList());
        if (taken.isEmpty() && !prompts.isEmpty()) {
            taken.add(prompts.get(0));
        }
        prompts.removeAll(new HashSet<>(taken));
        return taken;
    }

    /**
     * A list to train on and one to measure on. The latter's prompts, in the order of their hashes, are held out for the end and for
     * development by turns; those that are trained on are left out.
     */
    static PromptSplit of(List<String> training, List<String> measured) {
        Set<String> trained = new HashSet<>(training);
        List<List<String>> parts = List.of(new ArrayList<>(), new ArrayList<>());
        int place = 0;
        for (String prompt : byHash(measured)) {
            if (!trained.contains(prompt)) {
                parts.get(place++ % parts.size()).add(prompt);
            }
        }
        return new PromptSplit(training, parts.get(1), parts.get(0));
    }

    private static List<String> byHash(List<String> prompts) {
        return prompts.stream()
                .sorted(Comparator.comparingLong(TextHash::of).thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    /** The same with no more than so many prompts in each part that is measured. */
    PromptSplit measuring(int prompts) {
        return new PromptSplit(
                training,
                development.subList(0, Math.min(prompts, development.size())),
                heldOut.subList(0, Math.min(prompts, heldOut.size())));
    }

    /** All of them. */
    List<String> all() {
        return Stream.of(training, development, heldOut).flatMap(List::stream).toList();
    }
}
