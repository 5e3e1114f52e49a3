package mixgrpo.trainer.loss;

import mixgrpo.solvers.plan.Step;

/** How an advantage and the change of a log-prob become a loss. */
public interface Objective {

    LossTerm of(Step step, Outcome outcome);

    /** Whether {@link Outcome#meanShift} is looked at, so that the means of the policy that sampled are needed. */
    default boolean needsMeans() {
        return false;
    }
}
