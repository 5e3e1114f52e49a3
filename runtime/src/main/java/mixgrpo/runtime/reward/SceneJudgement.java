package mixgrpo.runtime.reward;

import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleBiFunction;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneVerifier;

/** A reward of scenes, [0, 1], from the pixels and the prompt alone. Other prompts and pictures of another size cannot be scored. */
abstract class SceneJudgement implements Reward {

    private final String name;
    private final ToDoubleBiFunction<ScenePrompt, Image> judgement;

    SceneJudgement(String name, ToDoubleBiFunction<ScenePrompt, Image> judgement) {
        this.name = name;
        this.judgement = judgement;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Optional<String> refusal(String prompt, int width, int height) {
        return SceneVerifier.refusal(prompt, width, height);
    }

    @Override
    public final Scores score(List<Image> images, List<String> prompts) {
        return Scores.each(
                images, prompts, (image, prompt) -> judgement.applyAsDouble(ScenePrompt.parse(prompt), image));
    }
}
