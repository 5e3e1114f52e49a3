package mixgrpo.trainer.loop;

import java.util.LinkedHashMap;
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
}
