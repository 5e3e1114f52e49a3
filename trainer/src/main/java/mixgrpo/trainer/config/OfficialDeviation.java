package mixgrpo.trainer.config;

import java.util.Optional;
import mixgrpo.solvers.plan.Deviation;

/**
 * What the published code does otherwise than its paper or than is right; the table in this module's README has the reasons. Each can
 * be reproduced alone.
 */
public enum OfficialDeviation {
    /** {@link Deviation#POST_SCHEDULE}. */
    POST_SCHEDULE(Deviation.POST_SCHEDULE),
    /** {@link Deviation#POST_HISTORY}. */
    POST_HISTORY(Deviation.POST_HISTORY),
    /** {@link Deviation#MODEL_TIME}. */
    MODEL_TIME(Deviation.MODEL_TIME),
    /** {@link Deviation#DANCE_LOG_PROB}. */
    DANCE_LOG_PROB(Deviation.DANCE_LOG_PROB),
    /** {@link Deviation#SOLVERS}. */
    SOLVERS(Deviation.SOLVERS),
    /** Windows that move never reach the last two steps; they shrink before that, are empty at the end, and roll back late. */
    WINDOWS,
    /** Random windows never reach the last two steps, and the first is at 0. */
    RANDOM_WINDOW,
    /** Advantages in float32, so that equal rewards may get one. */
    FLOAT32,
    /** A reward that failed is 0 and takes part in mean and deviation. */
    FAILED_REWARD,
    /** Images that do not fill an update are dropped. */
    LAST_MINIBATCH;

    private final Optional<Deviation> trajectory;

    OfficialDeviation() {
        trajectory = Optional.empty();
    }

    OfficialDeviation(Deviation trajectory) {
        this.trajectory = Optional.of(trajectory);
    }

    /** What it changes in a trajectory, if it does. */
    public Optional<Deviation> trajectory() {
        return trajectory;
    }
}
