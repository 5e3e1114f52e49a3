package mixgrpo.trainer.loop;

import java.io.IOException;
import java.util.List;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.solvers.window.Window;
import mixgrpo.trainer.advantage.AdvantageRule;
import mixgrpo.trainer.advantage.Advantages;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Phase;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.policy.Policy;
import mixgrpo.trainer.policy.UpdateStats;

/**
 * One iteration of MixGRPO (arXiv 2507.21802): sample groups with a window of SDE steps, score them, update the policy on that
 * window, give the engine the new weights.
 */
public record Iteration(Course course, Rollouts rollouts, AdvantageRule rule, Policy policy, Sync engines) {

    /** The same as a part of another course. */
    Iteration on(Course other) {
        return new Iteration(other, rollouts, rule, policy, engines);
    }

    /**
     * Does it.
     *
     * @param number of the iteration, from 0
     * @param clock counts the time of its phases
     * @return what it measured
     */
    public Measurements run(int number, PhaseClock clock) throws IOException {
        Window window = course.windows().at(number);
        double learningRate = course.learningRateAt(number);
        List<ScoredGroup> scored = rollouts.sample(number, course.prompts().at(number), window, clock);
        List<Group> groups = scored.stream().map(ScoredGroup::group).toList();
        Advantages advantages = Advantages.withinGroups(ScoredGroup.rewards(scored), rule);
        UpdateStats stats = clock.time(
                Phase.TRAIN, () -> policy.update(number, learningRate, groups, advantages, engines.isUpToDate(number)));
        SyncStats synced = clock.time(
                Phase.SYNC, () -> engines.update(number + 1, policy.rolloutWeights(), policy.network()::infer, groups));
        return new IterationReport(number, window, learningRate, engines.isUpToDate(number))
                .of(scored, advantages, stats, synced);
    }
}
