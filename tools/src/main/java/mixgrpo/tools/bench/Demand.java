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
     * Latents that went through the trained network in an iteration.
     *
     * @param forwards of them all
     * @param backwards how many of these went backward, too
     */
    record Passes(double forwards, double backwards) {}

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
            add(times, new Unit(Part.CALL, batch), rows / batch);
            if (rows % batch > 0) {
                add(times, new Unit(Part.CALL, rows % batch), 1);
            }
        }
        add(times, new Unit(Part.DECODE, groups * images), 1);
        add(times, Unit.of(Part.REWARD), 1);
        if (config.loss().oldLogProb() == LossConfig.OldLogProb.RECOMPUTE) {
            boolean shared = plan.scored().get(0).shared();
            int rows = plan.trainedPerImage() * images - (shared ? images - 1 : 0);
            add(times, new Unit(Part.REPLAY, rows), groups);
        }
        int updates = config.optimizer().minibatches();
        int rows = rowsTogether(passes, updates * groups);
        add(times, new Unit(Part.FORWARD, rows), (passes.forwards() - passes.backwards()) / rows);
        add(times, new Unit(Part.PASS, rows), passes.backwards() / rows);
        add(times, Unit.of(Part.UPDATE), passes.forwards() > 0 ? updates : 0);
        add(times, Unit.of(Part.SYNC), (number + 1) % config.sync().every() == 0 ? 1 : 0);
        return new Demand(times);
    }

    /** Every update takes one pass for each prompt; how many latents that is on average. */
    private static int rowsTogether(Passes passes, int count) {
        return (int) Math.max(1, Math.round(passes.forwards() / count));
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
