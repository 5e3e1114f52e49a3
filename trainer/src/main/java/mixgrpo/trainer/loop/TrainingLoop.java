package mixgrpo.trainer.loop;

import java.io.IOException;
import java.util.List;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.solvers.window.Window;
import mixgrpo.trainer.advantage.AdvantageRule;
import mixgrpo.trainer.advantage.Advantages;
import mixgrpo.trainer.checkpoint.Checkpoints;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Phase;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.policy.Policy;
import mixgrpo.trainer.policy.UpdateStats;

/**
 * MixGRPO (arXiv 2507.21802): sample groups with a window of SDE steps, score them, update the policy on that window, give the
 * engine the new weights.
 */
public record TrainingLoop(
        Course course,
        Rollouts rollouts,
        AdvantageRule rule,
        Policy policy,
        Sync engines,
        Checkpoints checkpoints,
        Observer observer) {

    /**
     * Runs the iterations from {@code first} on, until all are done or the observer stops them. What is saved is all that the rest
     * of the run depends on, so checkpoints and a stop wait for the engine to be up to date.
     *
     * @return iterations done since the run began
     */
    public int run(int first) throws IOException {
        int done = first;
        boolean stops = false;
        boolean saves = false;
        boolean stopped = false;
        while (done < course.iterations() && !stopped) {
            int iteration = done;
            PhaseClock clock = new PhaseClock();
            Window window = course.windows().at(iteration);
            double learningRate = course.learningRateAt(iteration);
            List<ScoredGroup> scored =
                    rollouts.sample(iteration, course.prompts().at(iteration), window, clock);
            List<Group> groups = scored.stream().map(ScoredGroup::group).toList();
            Advantages advantages = Advantages.withinGroups(ScoredGroup.rewards(scored), rule);
            UpdateStats stats =
                    clock.time(Phase.TRAIN, () -> policy.update(iteration, learningRate, groups, advantages));
            clock.time(Phase.SYNC, () -> engines.update(iteration + 1, policy.rolloutWeights()));
            Measurements measurements = new IterationReport(
                            iteration, window, learningRate, engines.isUpToDate(iteration))
                    .of(scored, advantages, stats);
            observer.iterationDone(measurements, clock);
            done++;
            stops |= observer.stops();
            saves |= stops || checkpoints.isDue(done);
            if (saves && engines.isUpToDate(done) || done == course.iterations()) {
                checkpoints.save(done, policy.state());
                saves = false;
                stopped = stops;
            }
        }
        return done;
    }
}
