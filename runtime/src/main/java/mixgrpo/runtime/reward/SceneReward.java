package mixgrpo.runtime.reward;

import java.util.List;
import java.util.Optional;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneVerifier;

/**
 * {@code scene}: the share of a scene prompt's constraints that the picture meets, [0, 1]; see {@link SceneVerifier}. Another
 * prompt and a picture of another size cannot be scored.
 */
public final class SceneReward implements Reward {
    @Override
    public String name() {
        return "scene";
    }

    @Override
    public Optional<String> refusal(String prompt, int width, int height) {
        return SceneVerifier.refusal(prompt, width, height);
    }

    @Override
    public Scores score(List<Image> images, List<String> prompts) {
        return Scores.each(images, prompts, (image, prompt) -> SceneVerifier.verify(ScenePrompt.parse(prompt), image)
                .fraction());
    }
}
