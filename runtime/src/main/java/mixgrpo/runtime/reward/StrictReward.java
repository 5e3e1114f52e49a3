package mixgrpo.runtime.reward;

import java.util.List;
import java.util.Optional;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneVerifier;

/** {@code strict}: 1 where the picture meets all of a scene prompt's constraints, else 0; see {@link SceneVerifier}. */
public final class StrictReward implements Reward {
    @Override
    public String name() {
        return "strict";
    }

    @Override
    public Optional<String> refusal(String prompt, int width, int height) {
        return SceneVerifier.refusal(prompt, width, height);
    }

    @Override
    public Scores score(List<Image> images, List<String> prompts) {
        return Scores.each(
                images,
                prompts,
                (image, prompt) ->
                        SceneVerifier.verify(ScenePrompt.parse(prompt), image).strict() ? 1 : 0);
    }
}
