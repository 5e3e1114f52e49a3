package example;

import java.util.List;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.reward.Reward;
import mixgrpo.runtime.reward.Scores;

/** A reward of one's own: how much redder than blue the picture is on average. */
public final class WarmthReward implements Reward {
    @Override
    public String name() {
        return "warmth";
    }

    @Override
    public Scores score(List<Image> images, List<String> prompts) {
        return Scores.each(images, prompts, (image, prompt) -> {
            float[] rgb = image.rgb();
            double sum = 0;
            for (int i = 0; i < rgb.length; i += 3) {
                sum += rgb[i] - rgb[i + 2];
            }
            return sum / (image.width() * image.height());
        });
    }
}
