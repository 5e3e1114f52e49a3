package mixgrpo.runtime.scenes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import mixgrpo.runtime.scenes.ScenePrompt.Group;

/** Reads a prompt's text. Takes either article and any plural first, so that the error can give the right spelling. */
final class SceneParser {
    private static final List<String> COUNTS = List.of("a", "two", "three", "four");

    private SceneParser() {}

    static ScenePrompt parse(String text) {
        String normal =
                text.strip().toLowerCase(Locale.ROOT).replaceAll("\\s+", " ").replace(" ,", ",");
        ScenePrompt prompt;
        try {
            prompt = prompt(normal);
        } catch (IllegalArgumentException problem) {
            throw new IllegalArgumentException(
                    "prompt '%s' is not of the scenes world: %s; write for example 'a red circle', 'three small green stars', 'a blue square left of a yellow triangle', 'two red circles and a blue star' or 'a red circle, a blue star and a pink ring'"
                            .formatted(text, problem.getMessage()),
                    problem);
        }
        if (!prompt.text().equals(normal)) {
            throw new IllegalArgumentException(
                    "prompt '%s' is not of the scenes world: did you mean '%s'?".formatted(text, prompt.text()));
        }
        return prompt;
    }

    private static ScenePrompt prompt(String text) {
        for (Relation relation : Relation.values()) {
            List<String> sides = List.of(text.split(" " + relation.words() + " ", -1));
            if (sides.size() > 1) {
                return new ScenePrompt(groups(sides), Optional.of(relation));
            }
        }
        return new ScenePrompt(groups(List.of(text.split(", and |, | and ", -1))), Optional.empty());
    }

    private static List<Group> groups(List<String> phrases) {
        List<Group> groups = new ArrayList<>();
        for (String phrase : phrases) {
            groups.add(group(phrase));
        }
        return groups;
    }

    private static Group group(String phrase) {
        List<String> words = List.of(phrase.split(" "));
        if (words.size() < 3 || words.size() > 4) {
            throw new IllegalArgumentException(
                    "'%s' is no noun phrase (count, size if any, colour, shape)".formatted(phrase));
        }
        int count = COUNTS.indexOf(words.get(0).equals("an") ? "a" : words.get(0)) + 1;
        if (count == 0) {
            throw unknown("count", words.get(0), COUNTS);
        }
        Size size = Size.ANY;
        if (words.size() == 4) {
            size = Words.find(new Size[] {Size.SMALL, Size.LARGE}, words.get(1))
                    .orElseThrow(() -> unknown("size", words.get(1), List.of("small", "large")));
        }
        String colourWord = words.get(words.size() - 2);
        Colour colour = Words.find(Colour.values(), colourWord)
                .orElseThrow(() -> unknown("colour", colourWord, words(Colour.values())));
        String shapeWord = words.get(words.size() - 1);
        Shape shape = Arrays.stream(Shape.values())
                .filter(candidate -> shapeWord.equals(candidate.word(1)) || shapeWord.equals(candidate.word(2)))
                .findFirst()
                .orElseThrow(() -> unknown("shape", shapeWord, words(Shape.values())));
        return new Group(count, size, colour, shape);
    }

    private static List<String> words(Enum<?>[] constants) {
        return Arrays.stream(constants).map(Words::of).toList();
    }

    private static IllegalArgumentException unknown(String what, String word, List<String> known) {
        return new IllegalArgumentException("unknown %s '%s', known are %s"
                .formatted(what, word, known.stream().collect(Collectors.joining(", "))));
    }
}
