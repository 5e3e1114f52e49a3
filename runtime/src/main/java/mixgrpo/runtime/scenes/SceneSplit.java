package mixgrpo.runtime.scenes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import mixgrpo.runtime.scenes.ScenePrompt.Pair;
import mixgrpo.runtime.text.TextHash;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.core.source64.SplitMix64;

/**
 * The fixed split of all prompts into training, development and test. Every text falls into one of ten buckets by its hash:
 * 0 is test, 1 development, the rest training; besides, {@link #HELD_OUT six pairs} of colour and shape never occur in
 * training, and test and development leave out what training may show in other words ("a star left of a ring" for "a ring
 * right of a star"). Every fourth development and test prompt contains such a pair, the others none.
 *
 * <p>Lists hold distinct prompts, and a longer list begins with the shorter one. A kind whose distinct prompts run out (there
 * are about a hundred single ones to train on) leaves its share to the other kinds.
 */
public final class SceneSplit {
    /** Which part a prompt belongs to; training also asks for no held-out pair. */
    public enum Part {
        TEST,
        DEVELOPMENT,
        TRAINING
    }

    /** The pairs that never occur in training. */
    public static final Set<Pair> HELD_OUT = Set.of(
            new Pair(Colour.RED, Shape.STAR),
            new Pair(Colour.BLUE, Shape.RING),
            new Pair(Colour.GREEN, Shape.TRIANGLE),
            new Pair(Colour.YELLOW, Shape.CROSS),
            new Pair(Colour.PURPLE, Shape.SQUARE),
            new Pair(Colour.ORANGE, Shape.CIRCLE));

    private static final List<Pair> PAIRS = Arrays.stream(Colour.values())
            .flatMap(colour -> Arrays.stream(Shape.values()).map(shape -> new Pair(colour, shape)))
            .toList();
    private static final List<Pair> HELD_OUT_PAIRS =
            PAIRS.stream().filter(HELD_OUT::contains).toList();
    private static final List<Pair> TRAINING_PAIRS =
            PAIRS.stream().filter(pair -> !HELD_OUT.contains(pair)).toList();

    private static final int BUCKETS = 10;
    private static final int HELD_OUT_EVERY = 4;
    /** Draws in a row without a new prompt after which a kind counts as used up. */
    private static final int PATIENCE = 2_000;

    private static final long DEVELOPMENT_SEED = 1;
    /** Of a list that was first measured after the quickstart's recipe was settled; results of the one before, of seed 2, had been seen. */
    private static final long TEST_SEED = 3;

    /** The world has fewer prompts of a part than were asked for. */
    public static final class TooFewException extends IllegalArgumentException {
        private final int found;

        TooFewException(String message, int found) {
            super(message);
            this.found = found;
        }

        /** How many there are, about. */
        public int found() {
            return found;
        }
    }

    private SceneSplit() {}

    /** The part that the text's SHA-256 (first 4 bytes, unsigned, modulo 10) puts it into, whatever its pairs are. */
    public static Part partOf(ScenePrompt prompt) {
        return switch ((int) (TextHash.of(prompt.text()) % BUCKETS)) {
            case 0 -> Part.TEST;
            case 1 -> Part.DEVELOPMENT;
            default -> Part.TRAINING;
        };
    }

    /** Whether training may show this prompt's picture, under its own words or others. */
    public static boolean mayBeTrainedOn(ScenePrompt prompt) {
        return !hasHeldOutPair(prompt)
                && prompt.rewordings().stream().anyMatch(wording -> partOf(wording) == Part.TRAINING);
    }

    /** Whether a phrase names one of the {@link #HELD_OUT} pairs. */
    public static boolean hasHeldOutPair(ScenePrompt prompt) {
        return prompt.groups().stream().anyMatch(group -> HELD_OUT.contains(group.pair()));
    }

    /** Draws one training prompt; a stream of them has the weights' shares of kinds exactly, and repeats. */
    public static ScenePrompt trainingPrompt(KindWeights weights, UniformRandomProvider random) {
        Kind kind = weights.draw(EnumSet.allOf(Kind.class), random);
        while (true) {
            ScenePrompt prompt = draw(kind, false, random);
            if (partOf(prompt) == Part.TRAINING) {
                return prompt;
            }
        }
    }

    /**
     * This many distinct training prompts.
     *
     * @throws IllegalArgumentException if there are not so many.
     */
    public static List<ScenePrompt> trainingPrompts(int count, KindWeights weights, long seed) {
        return distinct(Part.TRAINING, count, weights, seed);
    }

    /**
     * This many distinct development prompts, for every choice.
     *
     * @throws IllegalArgumentException if there are not so many.
     */
    public static List<ScenePrompt> developmentPrompts(int count) {
        return distinct(Part.DEVELOPMENT, count, KindWeights.HELD_OUT, DEVELOPMENT_SEED);
    }

    /**
     * This many distinct test prompts, for reports only.
     *
     * @throws IllegalArgumentException if there are not so many.
     */
    public static List<ScenePrompt> testPrompts(int count) {
        return distinct(Part.TEST, count, KindWeights.HELD_OUT, TEST_SEED);
    }

    private static List<ScenePrompt> distinct(Part part, int count, KindWeights weights, long seed) {
        UniformRandomProvider random = new SplitMix64(seed);
        List<ScenePrompt> prompts = new ArrayList<>(count);
        Set<ScenePrompt> seen = new HashSet<>();
        Set<Kind> usual = openKinds(weights);
        Set<Kind> heldOut = openKinds(weights);
        while (prompts.size() < count) {
            boolean held = part != Part.TRAINING && prompts.size() % HELD_OUT_EVERY == HELD_OUT_EVERY - 1;
            Set<Kind> open = held ? heldOut : usual;
            if (open.isEmpty()) {
                throw new TooFewException(
                        "%d distinct %s prompts: only about %d exist for these kind weights"
                                .formatted(count, part.name().toLowerCase(Locale.ROOT), prompts.size()),
                        prompts.size());
            }
            Kind kind = weights.draw(open, random);
            int tries = 0;
            ScenePrompt prompt;
            do {
                prompt = draw(kind, held, random);
            } while ((!belongs(prompt, part) || seen.contains(prompt)) && ++tries < PATIENCE);
            if (tries == PATIENCE) {
                open.remove(kind);
            } else {
                seen.add(prompt);
                prompts.add(prompt);
            }
        }
        return List.copyOf(prompts);
    }

    private static boolean belongs(ScenePrompt prompt, Part part) {
        return partOf(prompt) == part && (part == Part.TRAINING || !mayBeTrainedOn(prompt));
    }

    private static Set<Kind> openKinds(KindWeights weights) {
        Set<Kind> open = EnumSet.allOf(Kind.class);
        open.removeIf(kind -> weights.of(kind) == 0);
        return open;
    }

    /** A prompt of a kind with pairwise different pairs: at least one held-out pair, or none. */
    private static ScenePrompt draw(Kind kind, boolean held, UniformRandomProvider random) {
        Pair[] pairs = new Pair[kind.phrases()];
        Set<Pair> distinct = new HashSet<>();
        do {
            for (int i = 0; i < pairs.length; i++) {
                pairs[i] = pick(held ? PAIRS : TRAINING_PAIRS, random);
            }
            if (held) {
                pairs[random.nextInt(pairs.length)] = pick(HELD_OUT_PAIRS, random);
            }
            distinct.clear();
            distinct.addAll(List.of(pairs));
        } while (distinct.size() < pairs.length);
        return ScenePrompt.draw(kind, List.of(pairs), random);
    }

    private static Pair pick(List<Pair> pairs, UniformRandomProvider random) {
        return pairs.get(random.nextInt(pairs.size()));
    }
}
