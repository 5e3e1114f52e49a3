package mixgrpo.trainer.loop;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.runtime.rollout.Group;

/**
 * A group and what its images are worth.
 *
 * @param rewards one value an image by the reward's name; NaN where the reward failed
 */
public record ScoredGroup(Group group, Map<String, double[]> rewards) {

    public ScoredGroup {
        rewards = new LinkedHashMap<>(rewards);
    }

    /** The rewards of several groups by name, {@code [group][image]}. */
    static Map<String, double[][]> rewards(List<ScoredGroup> groups) {
        Map<String, double[][]> all = new LinkedHashMap<>();
        for (String name : groups.get(0).rewards().keySet()) {
            all.put(
                    name,
                    groups.stream().map(group -> group.rewards().get(name)).toArray(double[][]::new));
        }
        return all;
    }
}
