package mixgrpo.runtime.scenes;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.ScenePrompt.Group;

/**
 * Judges a picture from its pixels and the prompt alone, in the manner of GenEval (arXiv:2310.11513). The constraints are,
 * for each noun phrase, that at least one such object is present and that their number is exact (size counts where the
 * phrase has a size word); then the relation, if any; last, that there is nothing else.
 */
public final class SceneVerifier {
    /** The first object must be this many pixels in the relation's direction from the second. */
    private static final double LEAST_DISTANCE = 6;
    /** And within 60 degrees of that direction, as in GenEval. */
    private static final double MOST_SLANT = Math.sqrt(3);

    /** One constraint in words, and whether the picture meets it. */
    public record Constraint(String text, boolean met) {}

    /** Every constraint of a prompt, judged. */
    public record Verdict(List<Constraint> constraints) {
        public Verdict {
            constraints = List.copyOf(constraints);
        }

        /** The share of the constraints that are met, [0, 1]. */
        public double fraction() {
            return (double) constraints.stream().filter(Constraint::met).count() / constraints.size();
        }

        /** Whether all are met. */
        public boolean strict() {
            return constraints.stream().allMatch(Constraint::met);
        }
    }

    private SceneVerifier() {}

    /**
     * Judges a picture.
     *
     * @throws IllegalArgumentException if it has not the size of a scene.
     */
    public static Verdict verify(ScenePrompt prompt, Image image) {
        return verify(prompt, detect(image));
    }

    /** Why no picture of this size can be judged for this prompt; empty if it can. */
    public static Optional<String> refusal(String prompt, int width, int height) {
        if (width != Scene.SIDE || height != Scene.SIDE) {
            return Optional.of("expected pictures of %d x %d pixels, those of scenes, got %d x %d"
                    .formatted(Scene.SIDE, Scene.SIDE, width, height));
        }
        try {
            ScenePrompt.parse(prompt);
            return Optional.empty();
        } catch (IllegalArgumentException reason) {
            return Optional.of(reason.getMessage());
        }
    }

    /** The objects in a picture, those without a clear colour or shape among them, from top to bottom. */
    public static List<DetectedObject> detect(Image image) {
        return new ObjectDetector(image).objects();
    }

    static Verdict verify(ScenePrompt prompt, List<DetectedObject> objects) {
        List<Constraint> constraints = new ArrayList<>();
        for (Group group : prompt.groups()) {
            long found =
                    objects.stream().filter(object -> object.matches(group)).count();
            constraints.add(new Constraint(group.text() + ": present", found > 0));
            constraints.add(new Constraint(group.text() + ": exact count", found == group.count()));
        }
        prompt.relation()
                .ifPresent(relation ->
                        constraints.add(new Constraint(relation.words(), related(prompt, relation, objects))));
        constraints.add(new Constraint("nothing else", objects.size() == prompt.objects()));
        return new Verdict(constraints);
    }

    private static boolean related(ScenePrompt prompt, Relation relation, List<DetectedObject> objects) {
        for (DetectedObject first : objects) {
            for (DetectedObject second : objects) {
                double along = relation.along(first.x() - second.x(), first.y() - second.y());
                double across = relation.across(first.x() - second.x(), first.y() - second.y());
                if (along > LEAST_DISTANCE
                        && across < MOST_SLANT * along
                        && first.matches(prompt.groups().get(0))
                        && second.matches(prompt.groups().get(1))) {
                    return true;
                }
            }
        }
        return false;
    }
}
