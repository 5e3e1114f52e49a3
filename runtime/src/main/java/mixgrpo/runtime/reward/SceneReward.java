package mixgrpo.runtime.reward;

import mixgrpo.runtime.scenes.SceneVerifier;

/** {@code scene}: the share of a scene prompt's constraints that the picture meets; see {@link SceneVerifier}. */
public final class SceneReward extends SceneJudgement {

    public SceneReward() {
        super("scene", (prompt, image) -> SceneVerifier.verify(prompt, image).fraction());
    }
}
