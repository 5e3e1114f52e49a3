package mixgrpo.trainer.checkpoint;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.weights.Weights;

/**
 * Several sets of arrays as one, each under a name: array {@code key} of group {@code policy} is {@code policy/key}. A view of
 * the groups; group names have no slash.
 */
public record WeightGroups(Map<String, Weights> groups) implements Weights {

    public WeightGroups {
        groups = new LinkedHashMap<>(groups);
    }

    @Override
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        groups.forEach((name, group) -> group.shapes().forEach((key, shape) -> shapes.put(name + "/" + key, shape)));
        return shapes;
    }

    @Override
    public void read(String key, FloatBuffer target) {
        int slash = key.indexOf('/');
        Weights group = slash < 0 ? null : groups.get(key.substring(0, slash));
        if (group == null) {
            throw new IllegalArgumentException(
                    "no array '%s'; there are the groups %s".formatted(key, groups.keySet()));
        }
        group.read(key.substring(slash + 1), target);
    }

    /** The arrays of one group under their own keys; a view of {@code all}. Empty if there is no such group. */
    public static Weights group(Weights all, String name) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        String prefix = name + "/";
        all.shapes().forEach((key, shape) -> {
            if (key.startsWith(prefix)) {
                shapes.put(key.substring(prefix.length()), shape);
            }
        });
        return new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return shapes;
            }

            @Override
            public void read(String key, FloatBuffer target) {
                all.read(prefix + key, target);
            }
        };
    }
}
