package mixgrpo.tools.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.tools.train.RunSession;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.loop.Iteration;
import mixgrpo.trainer.loop.ScoredGroup;
import mixgrpo.trainer.metrics.PhaseClock.Spent;

/** A preset whose iterations are measured, and their parts beside them. Whoever makes it closes it. */
final class PresetBench implements AutoCloseable {

    private final String preset;
    private final TrainConfig config;
    private final OpenResources open = new OpenResources();
    private final Iteration iteration;
    private final UnitCosts units;
    private final List<RepeatedIteration> iterations;
    private final double runNfePerImage;
    private List<ScoredGroup> sampled = List.of();

    /**
     * @throws IOException if the model or the prompts cannot be read
     * @throws IllegalArgumentException if the preset asks for what is not there
     */
    PresetBench(String preset, TrainConfig config) throws IOException {
        this.preset = preset;
        this.config = config;
        try {
            RunSession session = open.add(new RunSession(config));
            Iteration ours = session.iteration();
            iteration = new Iteration(
                    ours.course(),
                    (number, prompts, window, clock) ->
                            sampled = ours.rollouts().sample(number, prompts, window, clock),
                    ours.rule(),
                    ours.policy(),
                    ours.engines());
            iterations = RepeatedIteration.spread(session, ours.course());
            runNfePerImage = session.recipe().callsPerImage();
            units = open.add(
                    new UnitCosts(session, ours.course().prompts().prompts().get(0), () -> sampled));
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    /** Iterations of a round. */
    int size() {
        return iterations.size();
    }

    /**
     * Runs each of the iterations, and after each the parts that it is made of by themselves.
     *
     * @param done told after every iteration
     */
    void round(Runnable done) throws IOException {
        for (RepeatedIteration repeated : iterations) {
            repeated.run(iteration);
            units.add(repeated.demand().times().keySet());
            units.sample();
            done.run();
        }
    }

    /** Forgets the iterations so far: they were to warm up. */
    void forget() {
        iterations.forEach(RepeatedIteration::forget);
    }

    Comparison.Entry figures() {
        iterations.forEach(repeated -> units.add(repeated.demand().times().keySet()));
        Map<Unit, Spent> costs = units.medians();
        List<Comparison.UnitCost> unitCosts = new ArrayList<>();
        costs.forEach((unit, spent) -> unitCosts.add(
                new Comparison.UnitCost(unit.part().key(), unit.rows(), spent.wallSeconds(), spent.cpuSeconds())));
        return Comparison.Entry.of(
                preset,
                runNfePerImage,
                config.prompts().perIteration() * config.rollout().images(),
                iterations.stream().map(repeated -> repeated.cost(costs)).toList(),
                unitCosts);
    }

    @Override
    public void close() {
        open.close();
    }
}
