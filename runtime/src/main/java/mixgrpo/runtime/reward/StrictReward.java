package mixgrpo.runtime.reward;

import mixgrpo.runtime.scenes.SceneVerifier;

/** {@code strict}: 1 where the picture meets all of a scene prompt's constraints, else 0; see {@link SceneVerifier}. */
public final class StrictReward extends SceneJudgement {

    public StrictReward() {
        super("strict", (prompt, image) -> SceneVerifier.verify(prompt, image).strict() ? 1 : 0);
    }
}
