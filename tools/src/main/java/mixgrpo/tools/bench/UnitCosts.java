package mixgrpo.tools.bench;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import mixgrpo.models.Array;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.noise.Noise;
import mixgrpo.runtime.noise.NoiseKey;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.tools.model.RolloutPolicy;
import mixgrpo.tools.train.RunSession;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.loop.ScoredGroup;
import mixgrpo.trainer.metrics.PhaseClock.Spent;
import mixgrpo.trainer.policy.Compute;
import mixgrpo.trainer.policy.Policy;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/**
 * What the parts of an iteration cost when they are done by themselves: with the session's model, sizes and settings, but on engines
 * and a policy of their own, so that the iterations that are measured beside them go on as if nothing had happened. Whoever
 * makes it closes it.
 */
final class UnitCosts implements AutoCloseable {

    private static final Plan ONE_STEP = Plan.ode(SigmaSchedule.shifted(1, 1), DpmSolver.FIRST_ORDER);
    private static final double SIGMA = .5;
    private static final String VELOCITY = "velocity";

    private final RunSession session;
    private final TransformerInputs inputs;
    private final TextEmbedding text;
    private final Supplier<List<ScoredGroup>> sampled;
    private final RolloutPolicy rolloutPolicy;
    private final Policy policy;
    private final Map<Unit, Probe> probes = new LinkedHashMap<>();

    /**
     * @param prompt whose text everything is done with
     * @param sampled groups whose pictures are scored
     */
    UnitCosts(RunSession session, Prompt prompt, Supplier<List<ScoredGroup>> sampled) {
        TrainConfig config = session.config();
        this.session = session;
        this.sampled = sampled;
        inputs = session.inputs();
        text = prompt.embedding();
        rolloutPolicy = session.rolloutPolicy();
        policy = new Policy(
                inputs,
                session.model().weights(),
                config.train(),
                session.recipe().optimizer(),
                config.loss(),
                config.seed(),
                Compute.of(session.device(), Workers.one()));
    }

    /** From now on these are sampled, too. */
    void add(Set<Unit> units) {
        units.forEach(unit -> probes.computeIfAbsent(unit, this::probe));
    }

    /** Does each a while; what is new only warms up. */
    void sample() {
        probes.values().forEach(Probe::sample);
    }

    /** The median of each done once. */
    Map<Unit, Spent> medians() {
        Map<Unit, Spent> medians = new LinkedHashMap<>();
        probes.forEach((unit, probe) -> medians.put(unit, probe.median()));
        return medians;
    }

    private Probe probe(Unit unit) {
        return new Probe(
                switch (unit.part()) {
                    case CALL -> call(unit.rows(), Step.Network.TUNED);
                    case COARSE_CALL -> call(unit.rows(), Step.Network.TUNED_COARSE);
                    case FORWARD -> pass(unit.rows(), false);
                    case PASS -> pass(unit.rows(), true);
                    case REPLAY -> replay(unit.rows());
                    case DECODE -> decode(unit.rows());
                    case REWARD -> this::score;
                    case UPDATE -> () -> policy.step(0, 0);
                    case SYNC -> () -> rolloutPolicy.update(session.policy().rolloutWeights());
                });
    }

    private Runnable call(int rows, Step.Network network) {
        Plan oneStep = ONE_STEP.withUnscoredBy(network);
        float[][] noise = noise(rows);
        List<TextEmbedding> texts = Collections.nCopies(rows, text);
        return () -> rolloutPolicy.sampler().draw(oneStep, texts, noise, latents -> List.of());
    }

    private Runnable pass(int rows, boolean backward) {
        Map<String, Array> batch = batch(rows);
        return () -> {
            try (TrainableNetwork.Pass pass = policy.network().forward(batch)) {
                Array output = pass.outputs().get(VELOCITY);
                if (backward) {
                    float[] gradient = new float[output.values().length];
                    Arrays.fill(gradient, 1);
                    pass.backward(Map.of(VELOCITY, new Array(output.shape(), gradient)));
                }
            }
        };
    }

    private Runnable replay(int rows) {
        Map<String, Array> batch = batch(rows);
        return () -> policy.network().infer(batch);
    }

    private Runnable decode(int rows) {
        float[][] latents = noise(rows);
        return () -> session.decoder().decode(latents);
    }

    private void score() {
        List<ScoredGroup> groups = sampled.get();
        List<Image> pictures = groups.stream()
                .flatMap(scored -> scored.group().images().stream())
                .toList();
        List<String> texts = groups.stream()
                .flatMap(scored -> Collections.nCopies(
                        scored.group().images().size(), scored.group().text())
                        .stream())
                .toList();
        session.rewards().score(pictures, texts);
    }

    private Map<String, Array> batch(int rows) {
        double[] sigmas = new double[rows];
        Arrays.fill(sigmas, SIGMA);
        return inputs.of(Arrays.asList(noise(rows)), Collections.nCopies(rows, text), sigmas);
    }

    private float[][] noise(int rows) {
        float[][] noise = new float[rows][inputs.elements()];
        for (int i = 0; i < rows; i++) {
            Noise.fill(
                    noise[i], NoiseKey.of(0, NoiseKey.Stream.EVALUATION_LATENT).withImage(i));
        }
        return noise;
    }

    @Override
    public void close() {
        policy.close();
    }
}
