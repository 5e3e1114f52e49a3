package mixgrpo.solvers.plan;

import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.step.Kernel;

/** One thing that the published code does otherwise in a trajectory, to compare with it. Euler's whole tail it leaves as it is. */
public enum Deviation {
    /** The post schedule is counted in points, rounded down; a single point stops at the window's end. */
    POST_SCHEDULE {
        @Override
        Planner applyTo(Planner planner) {
            return planner.post().isPlain()
                    ? planner
                    : planner.with(planner.post().with(Post.Count.OFFICIAL_POINTS));
        }
    },
    /** The post solver looks back over the window with every kernel but DanceGRPO's. */
    POST_HISTORY {
        @Override
        Planner applyTo(Planner planner) {
            Post.History history = isDance(planner) ? Post.History.RESTART : Post.History.CARRY;
            return planner.post().isPlain()
                    ? planner
                    : planner.with(planner.post().with(history));
        }
    },
    /** The network is told int(1000 sigma) / 1000. */
    MODEL_TIME {
        @Override
        Planner applyTo(Planner planner) {
            return planner.with(ModelTime.OFFICIAL_FLOOR);
        }
    },
    /** DanceGRPO's log-prob lacks its normaliser. */
    DANCE_LOG_PROB {
        @Override
        Planner applyTo(Planner planner) {
            return isDance(planner) ? planner.with(planner.kernel().withoutNormaliser()) : planner;
        }
    },
    /** Order 3 and DPM-Solver as shipped; where that has no finite value, a plan is refused. */
    SOLVERS {
        @Override
        Planner applyTo(Planner planner) {
            Post post = planner.post();
            return post.isPlain()
                    ? planner
                    : planner.with(post.with(post.solver().asShipped()));
        }
    };

    abstract Planner applyTo(Planner planner);

    private static boolean isDance(Planner planner) {
        return planner.kernel().family() == Kernel.Family.DANCE;
    }
}
