package mixgrpo.runtime.reward;

import java.util.List;
import java.util.Optional;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.SceneLikeness;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneVerifier;

/**
 * {@code likeness}: how close the picture comes to what a scene prompt asks for, [0, 1]; see {@link SceneLikeness}. Another
 * prompt and a picture of another size cannot be scored.
 */
public final class LikenessReward implements Reward {
    @Override
    public String name() {
        return "likeness";
    }

    @Override
    public Optional<String> refusal(String prompt, int width, int height) {
        return SceneVerifier.refusal(prompt, width, height);
    }

    @Override
    public Scores score(List<Image> images, List<String> prompts) {
        return Scores.each(images, prompts, (image, prompt) -> SceneLikeness.of(ScenePrompt.parse(prompt), image));
    }
}
