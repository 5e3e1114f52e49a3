package mixgrpo.runtime.scenes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.ScenePrompt.Group;

/**
 * How close a picture comes to what its prompt asks for, without a line between right and wrong: a star that is nearly a star
 * counts for more than a blob, so pictures differ where {@link SceneVerifier} finds all of them right or all of them wrong.
 *
 * <p>Every object that the prompt names is paired with at most one object of the picture, the likest pairs first. Their
 * likenesses, that of the relation with them, are added and divided by the number of objects named or found, whichever is larger,
 * one more with a relation: what is missing or too much costs a share.
 */
public final class SceneLikeness {
    /** Objects this many pixels apart in a relation's direction are clearly so. */
    private static final double CLEARLY_APART = 10;
    /** Pixels by which twice the distance along a direction must exceed that across it to be clearly along it. */
    private static final double CLEARLY_ALONG = 5;

    private SceneLikeness() {}

    private record Pairing(int named, int found, double likeness) {}

    /**
     * The likeness, [0, 1].
     *
     * @throws IllegalArgumentException if the picture has not the size of a scene
     */
    public static double of(ScenePrompt prompt, Image image) {
        return of(prompt, SceneVerifier.detect(image));
    }

    static double of(ScenePrompt prompt, List<DetectedObject> objects) {
        double sum = paired(prompt, objects);
        int parts = Math.max(prompt.objects(), objects.size());
        return prompt.relation()
                .map(relation -> (sum + related(prompt, relation, objects)) / (parts + 1))
                .orElse(sum / parts);
    }

    private static double paired(ScenePrompt prompt, List<DetectedObject> objects) {
        List<Pairing> pairings = new ArrayList<>();
        int named = 0;
        for (Group group : prompt.groups()) {
            for (int i = 0; i < group.count(); i++, named++) {
                for (int found = 0; found < objects.size(); found++) {
                    pairings.add(
                            new Pairing(named, found, objects.get(found).looks().likeness(group)));
                }
            }
        }
        pairings.sort(Comparator.comparingDouble(Pairing::likeness).reversed());
        Set<Integer> namedOnce = new HashSet<>();
        Set<Integer> foundOnce = new HashSet<>();
        double sum = 0;
        for (Pairing pairing : pairings) {
            if (!namedOnce.contains(pairing.named) && !foundOnce.contains(pairing.found)) {
                namedOnce.add(pairing.named);
                foundOnce.add(pairing.found);
                sum += pairing.likeness;
            }
        }
        return sum;
    }

    /** The likest pair of objects, times how clearly the first lies where it should from the second. */
    private static double related(ScenePrompt prompt, Relation relation, List<DetectedObject> objects) {
        double likest = 0;
        for (DetectedObject first : objects) {
            for (DetectedObject second : objects) {
                double along = relation.along(first.x() - second.x(), first.y() - second.y());
                double across = relation.across(first.x() - second.x(), first.y() - second.y());
                double place = Looks.ramp(along, 0, CLEARLY_APART) * Looks.ramp(2 * along - across, 0, CLEARLY_ALONG);
                likest = Math.max(
                        likest,
                        place
                                * first.looks().likeness(prompt.groups().get(0))
                                * second.looks().likeness(prompt.groups().get(1)));
            }
        }
        return likest;
    }
}
