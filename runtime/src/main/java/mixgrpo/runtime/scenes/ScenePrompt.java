package mixgrpo.runtime.scenes;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * A prompt of the world: one to three noun phrases, two of them possibly in a relation. One prompt has one text, and
 * {@link #parse} gives the prompt back; at most 16 MiniLM tokens, so a triple takes no size words.
 */
public record ScenePrompt(List<Group> groups, Optional<Relation> relation) {
    static final int MOST_OF_A_COUNT = 4;
    static final int MOST_BESIDE_ANOTHER = 3;
    private static final double SIZED = .15;

    /** The colour and shape of a phrase. */
    public record Pair(Colour colour, Shape shape) {}

    /** A noun phrase: "two small red circles". */
    public record Group(int count, Size size, Colour colour, Shape shape) {
        private static final List<String> COUNTS = List.of("two", "three", "four");

        public Group {
            if (count < 1 || count > MOST_OF_A_COUNT) {
                throw new IllegalArgumentException("count: expected 1..%d, got %d".formatted(MOST_OF_A_COUNT, count));
            }
        }

        public Pair pair() {
            return new Pair(colour, shape);
        }

        public String text() {
            String words = size.prefix() + colour.word() + " " + shape.word(count);
            String article = "aeiou".indexOf(words.charAt(0)) >= 0 ? "an " : "a ";
            return (count == 1 ? article : COUNTS.get(count - 2) + " ") + words;
        }
    }

    public ScenePrompt {
        groups = List.copyOf(groups);
        if (groups.isEmpty() || groups.size() > 3) {
            throw new IllegalArgumentException("expected 1 to 3 noun phrases, got " + groups.size());
        }
        Set<Pair> pairs = new HashSet<>();
        int large = 0;
        for (int i = 0; i < groups.size(); i++) {
            Group group = groups.get(i);
            if (!pairs.add(group.pair())) {
                throw new IllegalArgumentException("two phrases name the same colour and shape: " + group.text());
            }
            int mostHere = groups.size() == 1 ? MOST_OF_A_COUNT : MOST_BESIDE_ANOTHER;
            if (group.count() > (i == 0 && groups.size() < 3 && relation.isEmpty() ? mostHere : 1)) {
                throw new IllegalArgumentException(
                        "only the first of at most two unrelated phrases counts, to %d alone and to %d beside another; got '%s'"
                                .formatted(MOST_OF_A_COUNT, MOST_BESIDE_ANOTHER, group.text()));
            }
            if (groups.size() == 3 && group.size() != Size.ANY) {
                throw new IllegalArgumentException("three phrases take no size words, got '" + group.text() + "'");
            }
            large += group.size() == Size.LARGE ? group.count() : 0;
        }
        if (large > Size.MOST_LARGE) {
            throw new IllegalArgumentException(
                    "at most %d large objects fit a picture, got %d".formatted(Size.MOST_LARGE, large));
        }
        if (relation.isPresent() && groups.size() != 2) {
            throw new IllegalArgumentException("a relation joins 2 phrases, got " + groups.size());
        }
    }

    /**
     * The prompt of this text, in any case and with any spacing.
     *
     * @throws IllegalArgumentException if it is none.
     */
    public static ScenePrompt parse(String text) {
        return SceneParser.parse(text);
    }

    /**
     * Draws a prompt of a kind around the given pairs, one a phrase: counts, size words (one phrase in seven has one) and
     * the relation are random.
     */
    static ScenePrompt draw(Kind kind, List<Pair> pairs, UniformRandomProvider random) {
        int first =
                switch (kind) {
                    case COUNT -> random.nextInt(2, MOST_OF_A_COUNT + 1);
                    case COUNT_AND_ONE -> random.nextInt(2, MOST_BESIDE_ANOTHER + 1);
                    default -> 1;
                };
        Optional<Relation> relation = kind == Kind.RELATION
                ? Optional.of(Relation.values()[random.nextInt(Relation.values().length)])
                : Optional.empty();
        Group[] groups = new Group[pairs.size()];
        int largeLeft = Size.MOST_LARGE;
        for (int i = 0; i < groups.length; i++) {
            int count = i == 0 ? first : 1;
            Size size = Size.ANY;
            if (kind != Kind.TRIPLE && random.nextDouble() < SIZED) {
                size = random.nextBoolean() && count <= largeLeft ? Size.LARGE : Size.SMALL;
            }
            largeLeft -= size == Size.LARGE ? count : 0;
            groups[i] =
                    new Group(count, size, pairs.get(i).colour(), pairs.get(i).shape());
        }
        return new ScenePrompt(List.of(groups), relation);
    }

    public Kind kind() {
        boolean counts = groups.get(0).count() > 1;
        return switch (groups.size()) {
            case 1 -> counts ? Kind.COUNT : Kind.SINGLE;
            case 2 -> relation.isPresent() ? Kind.RELATION : counts ? Kind.COUNT_AND_ONE : Kind.PAIR;
            default -> Kind.TRIPLE;
        };
    }

    /** All prompts that ask for the same picture in other words, this one among them: phrases in another order, the relation mirrored. */
    public List<ScenePrompt> rewordings() {
        if (groups.size() == 1 || kind() == Kind.COUNT_AND_ONE) {
            return List.of(this); // a count comes first
        }
        List<ScenePrompt> rewordings = new ArrayList<>();
        for (List<Group> order : orders(groups)) {
            boolean turned = !order.get(0).equals(groups.get(0));
            rewordings.add(new ScenePrompt(order, turned ? relation.map(Relation::mirrored) : relation));
        }
        return rewordings;
    }

    private static List<List<Group>> orders(List<Group> groups) {
        if (groups.size() < 2) {
            return List.of(groups);
        }
        List<List<Group>> orders = new ArrayList<>();
        for (Group first : groups) {
            List<Group> rest = groups.stream().filter(group -> group != first).toList();
            for (List<Group> order : orders(rest)) {
                List<Group> whole = new ArrayList<>();
                whole.add(first);
                whole.addAll(order);
                orders.add(whole);
            }
        }
        return orders;
    }

    /** How many objects the picture has. */
    public int objects() {
        return groups.stream().mapToInt(Group::count).sum();
    }

    /** The prompt in words, in lower case. */
    public String text() {
        List<String> phrases = groups.stream().map(Group::text).toList();
        if (relation.isPresent()) {
            return phrases.get(0) + " " + relation.get().words() + " " + phrases.get(1);
        }
        int last = phrases.size() - 1;
        return last == 0
                ? phrases.get(0)
                : phrases.stream().limit(last).collect(Collectors.joining(", ")) + " and " + phrases.get(last);
    }

    @Override
    public String toString() {
        return text();
    }
}
