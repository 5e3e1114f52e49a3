package mixgrpo.tools.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.tools.bench.Unit.Part;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.metrics.PhaseClock.Spent;

/**
 * How often an iteration does what: the network calls of its plan, the passes that it was seen to make, and what it does whatever
 * its window.
 */
record Demand(Map<Unit, Double> times) {

    /**
     * What went through the trained network in an iteration.
     *
     * @param count of forward passes
     * @param forwards latents that went forward
     * @param backwards how many of these went backward, too
     * @param recomputed 1 if old log-probs were computed again because the engine's lie too far off, 0 if not
     */
    record Passes(double count, double forwards, double backwards, double recomputed) {

        int rowsTogether() {
            return (int) Math.max(1, Math.round(forwards / Math.max(1, count)));
        }
    }

    /**
     * @param plan of the iteration's window
     * @param number of the iteration
     */
    static Demand of(TrainConfig config, Plan plan, int number, Passes passes) {
        int groups = config.prompts().perIteration();
        int images = config.rollout().images();
        int batch = config.rollout().batch();
        Map<Unit, Double> times = new LinkedHashMap<>();
        for (Step step : plan.steps()) {
            int rows = groups * (step.shared() ? 1 : images);
            Part call = step.network() == Step.Network.TUNED_COARSE ? Part.COARSE_CALL : Part.CALL;
            add(times, new Unit(call, batch), rows / batch);
            add(times, new Unit(call, rows % batch), rows % batch > 0 ? 1 : 0);
        }
        add(times, new Unit(Part.DECODE, groups * images), 1);
        add(times, Unit.of(Part.REWARD), 1);
        int rows = passes.rowsTogether();
        add(times, new Unit(Part.REPLAY, rows), passes.forwards() / rows * replays(config, passes));
        add(times, new Unit(Part.FORWARD, rows), (passes.forwards() - passes.backwards()) / rows);
        add(times, new Unit(Part.PASS, rows), passes.backwards() / rows);
        add(times, Unit.of(Part.UPDATE), passes.count() > 0 ? config.optimizer().minibatches() : 0);
        add(times, Unit.of(Part.SYNC), (number + 1) % config.sync().every() == 0 ? 1 : 0);
        return new Demand(times);
    }

    /** How often a batch of gradients goes forward before the updates, too: through the policy, through the reference. */
    private static double replays(TrainConfig config, Passes passes) {
        double updates = config.optimizer().minibatches();
        double ofPolicy =
                switch (config.loss().oldLogProb()) {
                    case ROLLOUT -> 0;
                    case RECOMPUTE -> 1;
                    case AUTO -> passes.recomputed() * (updates - 1) / updates; // all updates but the first
                };
        return ofPolicy + (config.loss().reference() == LossConfig.Reference.NONE ? 0 : 1);
    }

    private static void add(Map<Unit, Double> times, Unit unit, double more) {
        if (more > 0) {
            times.merge(unit, more, Double::sum);
        }
    }

    /** What it all costs. */
    Spent cost(Map<Unit, Spent> costs) {
        return times.entrySet().stream()
                .map(entry -> costs.get(entry.getKey()).times(entry.getValue()))
                .reduce(Spent.NOTHING, Spent::plus);
    }
}
