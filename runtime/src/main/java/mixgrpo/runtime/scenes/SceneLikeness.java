package mixgrpo.runtime.scenes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.ScenePrompt.Group;

/** How close a picture comes to what its prompt names. */
public final class SceneLikeness {
    private SceneLikeness() {}

    record Pairing(int slot, DetectedObject object, double likeness) {}

    public static double of(ScenePrompt prompt, Image image) {
        List<DetectedObject> objects = SceneVerifier.detect(image);
        List<Group> slots = new ArrayList<>();
        for (Group group : prompt.groups()) {
            for (int i = 0; i < group.count(); i++) {
                slots.add(group);
            }
        }
        List<Pairing> pairings = new ArrayList<>();
        for (int slot = 0; slot < slots.size(); slot++) {
            for (DetectedObject object : objects) {
                pairings.add(new Pairing(slot, object, of(slots.get(slot), object)));
            }
        }
        pairings.sort(Comparator.comparingDouble(Pairing::likeness).reversed());
        List<Integer> filled = new ArrayList<>();
        List<DetectedObject> taken = new ArrayList<>();
        double sum = 0;
        for (Pairing pairing : pairings) {
            if (!filled.contains(pairing.slot()) && taken.stream().noneMatch(o -> o == pairing.object())) {
                filled.add(pairing.slot());
                taken.add(pairing.object());
                sum += pairing.likeness();
            }
        }
        double parts = Math.max(slots.size(), objects.size());
        if (prompt.relation().isPresent()) {
            sum += related(prompt, objects);
            parts++;
        }
        return sum / parts;
    }

    private static double of(Group group, DetectedObject object) {
        double shape = ramp(object.agreements().getOrDefault(group.shape(), 0.), .6, .98);
        double colour = ramp(-Hue.distance(object.hue(), group.colour().hue()), -45, -10) * object.clarity();
        double size = group.size().accepts(object.fitted()) ? 1 : .5;
        return shape * colour * size;
    }

    private static double related(ScenePrompt prompt, List<DetectedObject> objects) {
        Relation relation = prompt.relation().orElseThrow();
        double best = 0;
        for (DetectedObject first : objects) {
            for (DetectedObject second : objects) {
                double along = relation.along(first.x() - second.x(), first.y() - second.y());
                double across = relation.across(first.x() - second.x(), first.y() - second.y());
                double place = ramp(along, 0, 10) * ramp(2 * along - across, 0, 5);
                if (first != second) {
                    best = Math.max(
                            best,
                            place
                                    * of(prompt.groups().get(0), first)
                                    * of(prompt.groups().get(1), second));
                }
            }
        }
        return best;
    }

    private static double ramp(double value, double from, double to) {
        return Math.min(1, Math.max(0, (value - from) / (to - from)));
    }
}
