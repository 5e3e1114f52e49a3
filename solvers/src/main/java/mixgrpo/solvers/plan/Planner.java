package mixgrpo.solvers.plan;

import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.window.TrainedSteps;
import mixgrpo.solvers.window.Window;

/**
 * Makes the plan of a training rollout from its window: ODE before, SDE inside, ODE after (MixGRPO, arXiv 2507.21802).
 *
 * @param schedule levels of the full trajectory; windows are counted in its steps
 * @param kernel the stochastic step of the window
 * @param sharedNoise whether a group starts from one noise, so that it stays one row until the window's first step
 *     is taken
 * @param trained which of the window's steps an image is trained on
 * @param outside the network of the steps outside the window
 */
public record Planner(
        SigmaSchedule schedule,
        Kernel kernel,
        Prefix prefix,
        Post post,
        ModelTime modelTime,
        boolean sharedNoise,
        TrainedSteps trained,
        Step.Network outside) {

    public Planner {
        if (post.history() == Post.History.CARRY
                && prefix.solver().order() > 1
                && prefix.solver().recorded() != post.solver().recorded()) {
            throw new IllegalArgumentException(
                    "post.history carry: expected pre.solver and post.solver to extrapolate one estimate, got %s and %s"
                            .formatted(prefix.solver().recorded(), post.solver().recorded()));
        }
    }

    /** Euler before and after the window, exact model time, one noise for a group. */
    public static Planner of(SigmaSchedule schedule, Kernel kernel) {
        return new Planner(
                schedule,
                kernel,
                Prefix.EULER,
                Post.EULER,
                ModelTime.EXACT,
                true,
                TrainedSteps.ALL,
                Step.Network.TUNED);
    }

    public Planner with(Kernel other) {
        return new Planner(schedule, other, prefix, post, modelTime, sharedNoise, trained, outside);
    }

    public Planner with(Prefix other) {
        return new Planner(schedule, kernel, other, post, modelTime, sharedNoise, trained, outside);
    }

    public Planner with(Post other) {
        return new Planner(schedule, kernel, prefix, other, modelTime, sharedNoise, trained, outside);
    }

    public Planner with(ModelTime other) {
        return new Planner(schedule, kernel, prefix, post, other, sharedNoise, trained, outside);
    }

    public Planner with(TrainedSteps other) {
        return new Planner(schedule, kernel, prefix, post, modelTime, sharedNoise, other, outside);
    }

    public Planner withOutside(Step.Network other) {
        return new Planner(schedule, kernel, prefix, post, modelTime, sharedNoise, trained, other);
    }

    /** The same with one thing that the published code does otherwise. */
    public Planner with(Deviation deviation) {
        return deviation.applyTo(this);
    }

    /** The same with everything that the published code does otherwise: every {@link Deviation}. */
    public Planner asShipped() {
        Planner shipped = this;
        for (Deviation deviation : Deviation.values()) {
            shipped = shipped.with(deviation);
        }
        return shipped;
    }

    /**
     * The trajectory with this window.
     *
     * @throws IllegalArgumentException if the window leaves the schedule, is empty where Flash would follow it, or
     *     holds a step that the kernel gives no log-prob (DPM's to sigma = 0)
     */
    public Plan plan(Window window) {
        int total = schedule.steps();
        if (window.end() > total) {
            throw new IllegalArgumentException("window [%d, %d): expected it within the %d steps of the schedule"
                    .formatted(window.start(), window.end(), total));
        }
        if (window.isEmpty() && post.respaces()) {
            throw new IllegalArgumentException(
                    "window at %d is empty: there is nothing for post.ratio to follow".formatted(window.start()));
        }
        int before = prefix.stepsFor(window.start());
        int saved = window.start() - before;
        SigmaSchedule levels = schedule;
        if (post.respaces()) {
            levels = levels.thinned(window.end(), total, post.stepsFor(total - window.end()));
        }
        if (saved > 0) {
            levels = levels.thinned(0, window.start(), before);
        }
        StepList steps = new StepList(levels, modelTime, sharedNoise, saved);
        steps.solve(prefix.solver(), before);
        steps.sample(kernel, window.end() - saved, schedule.sigma(1));
        if (post.history() == Post.History.RESTART) {
            steps.restart();
        }
        steps.solve(post.solver(), levels.steps());
        return steps.plan(trained).withUnscoredBy(outside);
    }
}
