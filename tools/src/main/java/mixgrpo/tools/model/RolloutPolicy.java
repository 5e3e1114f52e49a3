package mixgrpo.tools.model;

import java.util.Map;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.Sampler;
import mixgrpo.solvers.plan.Step;

/** A frozen copy of a policy: the engine that runs it and the sampler that drives the engine. Whoever makes it closes it. */
public final class RolloutPolicy implements AutoCloseable {

    /** Latents that a network sees at once: enough for full speed on a CPU, little enough for its caches. */
    public static final int BATCH_ROWS = 24;

    private final OpenResources open = new OpenResources();
    private final Engine engine;
    private final Sampler sampler;

    /**
     * @param kind what runs it
     * @param inputs of the network, which also say its sizes
     * @param weights copied
     */
    public RolloutPolicy(EngineKind kind, FluxInputs inputs, Weights weights) {
        engine = open.add(kind.load("policy", FluxTransformer.of(inputs.config()), weights));
        sampler = open.add(new Sampler(inputs, Map.of(Step.Network.TUNED, engine), BATCH_ROWS));
    }

    /** The engine, for new weights. */
    public Engine engine() {
        return engine;
    }

    /** Draws with the engine's weights of the moment. Used by one thread at a time. */
    public Sampler sampler() {
        return sampler;
    }

    @Override
    public void close() {
        open.close();
    }
}
