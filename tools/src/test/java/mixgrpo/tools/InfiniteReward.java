package mixgrpo.tools;

import java.util.List;
import java.util.Map;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.reward.Reward;
import mixgrpo.runtime.reward.Scores;

/** A reward that breaks its promise where nobody looks any more. Not offered to other tests. */
public final class InfiniteReward implements Reward {

    @Override
    public String name() {
        return "infinite";
    }

    @Override
    public Scores score(List<Image> images, List<String> prompts) {
        double[] values = new double[images.size()];
        Scores scores = new Scores(values, Map.of());
        values[0] = Double.POSITIVE_INFINITY;
        return scores;
    }
}
