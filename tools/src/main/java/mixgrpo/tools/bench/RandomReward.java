package mixgrpo.tools.bench;

import java.util.List;
import java.util.SplittableRandom;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.reward.Reward;
import mixgrpo.runtime.reward.Scores;

/** Looks at no picture: scores uniform in [0, 1), the same in every process. */
final class RandomReward implements Reward {

    private final String name;
    private final SplittableRandom random;

    RandomReward(String name) {
        this.name = name;
        random = new SplittableRandom(name.hashCode());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Scores score(List<Image> images, List<String> prompts) {
        return Scores.of(
                images.stream().mapToDouble(image -> random.nextDouble()).toArray());
    }
}
