package mixgrpo.runtime.reward;

import mixgrpo.runtime.scenes.SceneLikeness;

/** {@code likeness}: how close the picture comes to what a scene prompt asks for; see {@link SceneLikeness}. */
public final class LikenessReward extends SceneJudgement {

    public LikenessReward() {
        super("likeness", SceneLikeness::of);
    }
}
