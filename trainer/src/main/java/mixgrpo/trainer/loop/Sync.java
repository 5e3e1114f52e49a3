package mixgrpo.trainer.loop;

import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;

/**
 * Gives the sampling engine the policy's weights.
 *
 * @param every iterations between two times
 */
public record Sync(Engine engine, int every) {

    /** Hands over the weights after so many iterations if it is time; returns whether it was. */
    boolean update(int iterationsDone, Weights weights) {
        boolean due = isUpToDate(iterationsDone);
        if (due) {
            engine.update(weights);
        }
        return due;
    }

    /** Whether the engine has the policy's weights once so many iterations are done. */
    boolean isUpToDate(int iterationsDone) {
        return iterationsDone % every == 0;
    }
}
