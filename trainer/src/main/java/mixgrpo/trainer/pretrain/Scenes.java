package mixgrpo.trainer.pretrain;

import java.util.List;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.KindWeights;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneRenderer;
import mixgrpo.runtime.scenes.SceneSplit;

/** The pictures to learn from, drawn when asked for: picture i shows prompt {@code i % prompts}. */
final class Scenes {

    private final long seed;
    private final List<ScenePrompt> prompts;
    private final int size;

    Scenes(PretrainConfig config) {
        seed = config.seed();
        prompts = SceneSplit.trainingPrompts(config.prompts(), KindWeights.TRAINING, seed);
        size = config.prompts() * config.scenesPerPrompt();
    }

    int size() {
        return size;
    }

    List<ScenePrompt> prompts() {
        return prompts;
    }

    int promptOf(int picture) {
        return picture % prompts.size();
    }

    Image image(int picture) {
        return SceneRenderer.render(prompts.get(promptOf(picture)), new Draws(seed, Draws.SCENE, picture));
    }

    /** A batch of pictures as a network takes them, {@code [pictures, 3, H, W]} in [-1, 1]. */
    float[] pixels(int[] pictures) {
        float[] pixels = null;
        for (int i = 0; i < pictures.length; i++) {
            Image image = image(pictures[i]);
            int area = image.width() * image.height();
            if (pixels == null) {
                pixels = new float[pictures.length * 3 * area];
            }
            for (int p = 0; p < area; p++) {
                for (int c = 0; c < 3; c++) {
                    pixels[(i * 3 + c) * area + p] = image.rgb()[3 * p + c] * 2 - 1;
                }
            }
        }
        return pixels;
    }
}
