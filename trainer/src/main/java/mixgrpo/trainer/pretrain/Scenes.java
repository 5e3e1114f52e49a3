package mixgrpo.trainer.pretrain;

import java.util.ArrayList;
import java.util.List;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.scenes.KindWeights;
import mixgrpo.runtime.scenes.Scene;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneRenderer;
import mixgrpo.runtime.scenes.SceneSplit;

/** The pictures to learn from, drawn when asked for: picture i shows prompt {@code i % prompts}. */
final class Scenes {

    private static final int PICTURES_OF_A_PROMPT = 3;

    private final long seed;
    private final List<ScenePrompt> prompts;
    private final int size;

    private Scenes(long seed, List<ScenePrompt> prompts, int size) {
        this.seed = seed;
        this.prompts = List.copyOf(prompts);
        this.size = size;
    }

    /** Pictures of prompts that are all different, a few of each: what the autoencoder sees. */
    static Scenes ofDistinctPrompts(int pictures, long seed) {
        int prompts = Math.max(1, pictures / PICTURES_OF_A_PROMPT);
        return new Scenes(seed, SceneSplit.trainingPrompts(prompts, KindWeights.TRAINING, seed), pictures);
    }

    /**
     * Pictures of prompts whose kinds have their exact shares: what the policy sees. Of the simple kinds there are few different
     * prompts, so these come again and again.
     */
    static Scenes ofDrawnPrompts(int pictures, long seed) {
        List<ScenePrompt> prompts = new ArrayList<>();
        for (int i = 0; i < pictures; i++) {
            prompts.add(SceneSplit.trainingPrompt(KindWeights.TRAINING, new Draws(seed, Draws.PROMPT, i)));
        }
        return new Scenes(seed, prompts, pictures);
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
        int plane = Scene.SIDE * Scene.SIDE;
        float[] pixels = new float[pictures.length * 3 * plane];
        for (int i = 0; i < pictures.length; i++) {
            image(pictures[i]).toPlanes(pixels, i * 3 * plane);
        }
        return pixels;
    }
}
