package mixgrpo.trainer.loop;

import java.util.function.Consumer;
import mixgrpo.models.weights.Weights;

/**
 * Gives the sampling engines the policy's weights.
 *
 * @param engines what takes the weights
 * @param every iterations between two times
 */
public record Sync(Consumer<Weights> engines, int every) {

    /** Hands over the weights after so many iterations if it is time; returns whether it was. */
    boolean update(int iterationsDone, Weights weights) {
        boolean due = isUpToDate(iterationsDone);
        if (due) {
            engines.accept(weights);
        }
        return due;
    }

    /** Whether the engines have the policy's weights once so many iterations are done. */
    boolean isUpToDate(int iterationsDone) {
        return iterationsDone % every == 0;
    }
}
