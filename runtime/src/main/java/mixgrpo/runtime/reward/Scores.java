package mixgrpo.runtime.reward;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mixgrpo.runtime.image.Image;

/** One finite value per picture of a batch, or the reason why there is none: then the value is NaN. */
public record Scores(double[] values, Map<Integer, String> failures) {

    /** Scores one picture. */
    @FunctionalInterface
    public interface OfOne {
        /** @throws IllegalArgumentException saying why the picture cannot be scored for this prompt */
        double score(Image image, String prompt);
    }

    public Scores {
        failures = Map.copyOf(failures);
        for (int i = 0; i < values.length; i++) {
            if (Double.isFinite(values[i]) == failures.containsKey(i)) {
                throw new IllegalArgumentException("score %d: expected a finite value or a failure, got %s and %s"
                        .formatted(i, values[i], failures.getOrDefault(i, "no failure")));
            }
        }
    }

    /** The scores of pictures that all could be scored. */
    public static Scores of(double... values) {
        return new Scores(values, Map.of());
    }

    /**
     * Scores picture by picture. A picture fails if it has a value that is not finite, if {@code one} throws an
     * {@link IllegalArgumentException}, whose message is the reason, or gives a value that is not finite.
     */
    public static Scores each(List<Image> images, List<String> prompts, OfOne one) {
        if (images.size() != prompts.size()) {
            throw new IllegalArgumentException(
                    "expected one prompt per image, got %d and %d".formatted(prompts.size(), images.size()));
        }
        double[] values = new double[images.size()];
        Map<Integer, String> failures = new TreeMap<>();
        for (int i = 0; i < values.length; i++) {
            values[i] = Double.NaN;
            if (!images.get(i).isFinite()) {
                failures.put(i, "the image has values that are not finite");
                continue;
            }
            try {
                double value = one.score(images.get(i), prompts.get(i));
                if (Double.isFinite(value)) {
                    values[i] = value;
                } else {
                    failures.put(i, "the score is " + value);
                }
            } catch (IllegalArgumentException reason) {
                failures.put(i, String.valueOf(reason.getMessage()));
            }
        }
        return new Scores(values, failures);
    }

    /** Whether picture {@code i} has no score. */
    public boolean failed(int i) {
        return failures.containsKey(i);
    }
}
