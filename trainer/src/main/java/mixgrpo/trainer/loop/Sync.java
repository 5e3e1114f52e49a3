package mixgrpo.trainer.loop;

import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;

/**
 * Gives the sampling engine the policy's weights.
 *
 * @param every iterations between two times
 */
public record Sync(Engine engine, int every) {

    /** Returns whether it was due. */
    boolean update(int iteration, Weights weights) {
        boolean due = (iteration + 1) % every == 0;
        if (due) {
            engine.update(weights);
        }
        return due;
    }
}
