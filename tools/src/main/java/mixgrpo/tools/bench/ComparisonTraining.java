package mixgrpo.tools.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.tools.run.HeldOut;
import mixgrpo.tools.train.RunSession;
import mixgrpo.trainer.config.EvaluateConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.evaluate.Evaluation;
import mixgrpo.trainer.loop.Iteration;
import mixgrpo.trainer.metrics.PhaseClock;

/** Trains presets from the same start and measures their rewards on development prompts, before and after. Writes nothing. */
public final class ComparisonTraining {

    private final Map<String, TrainConfig> configs;
    private final Map<Measurement, Evaluation.Result> before = new LinkedHashMap<>();

    /** What a measurement depends on beside the weights. Most presets have it in common, so that the start is measured once. */
    private record Measurement(Plan plan, Set<String> rewards, EvaluateConfig evaluate) {}

    /** @throws IllegalArgumentException if a preset is not valid with so many iterations */
    public ComparisonTraining(ComparisonPlan plan) throws IOException {
        configs = plan.trainingConfigs();
    }

    /** Iterations and measurements of a preset: what its progress is counted in. */
    public int steps(String preset) {
        return configs.get(preset).iterations() + 2;
    }

    /**
     * Trains a preset and measures it.
     *
     * @return by reward
     */
    public Map<String, HeldOut> train(String preset, ComparisonBench.Watcher watcher) throws IOException {
        TrainConfig config = configs.get(preset);
        try (RunSession session = new RunSession(config)) {
            watcher.update(0, "measuring the start");
            Evaluation.Result start = before.computeIfAbsent(
                    new Measurement(
                            session.recipe().evaluationPlan(), config.rewards().keySet(), config.evaluate()),
                    measurement -> session.evaluate(
                            session.model().weights(), false, config.evaluate().seeds(), pictures -> {}));
            Iteration iteration = session.iteration();
            for (int i = 0; i < iteration.course().iterations(); i++) {
                watcher.update(i + 1, "training");
                iteration.run(i, new PhaseClock());
            }
            watcher.update(steps(preset) - 1, "measuring what it has learned");
            Evaluation.Result end = session.evaluate(
                    session.policy().tunedWeights(), false, config.evaluate().seeds(), pictures -> {});
            watcher.update(steps(preset), "done");
            return HeldOut.of(start, end);
        }
    }
}
