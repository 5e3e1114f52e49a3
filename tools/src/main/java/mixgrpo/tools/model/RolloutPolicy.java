package mixgrpo.tools.model;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.rollout.Sampler;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.plan.Step;
import mixgrpo.trainer.loop.SamplingEngine;

/**
 * A frozen copy of a policy: the engines that run it and the sampler that drives them. The second engine, in 8-bit integers, is for
 * steps outside the window. Another one is for the base in hybrid inference, unless the policy is the base with adapters: then its own
 * engine gives the base's velocities too. Whoever makes it closes it.
 */
public final class RolloutPolicy implements SamplingEngine, AutoCloseable {

    /** Latents that a network sees at once, at the most, where nobody says it. */
    private static final int BATCH_ROWS = 24;

    private final OpenResources open = new OpenResources();
    private final Map<Step.Network, Engine> engines = new EnumMap<>(Step.Network.class);
    private final TransformerInputs inputs;
    private final Sampler sampler;

    /** With one engine, for plans that ask for nothing else. */
    public RolloutPolicy(EngineKind kind, TransformerInputs inputs, Weights weights) {
        this(kind, inputs, weights, BATCH_ROWS, false, Workers.one());
    }

    /** In float32, whose weights are exchanged seldom or never; see the other constructor. */
    public RolloutPolicy(
            EngineKind kind,
            TransformerInputs inputs,
            Weights weights,
            int batchRows,
            boolean coarse,
            Workers workers) {
        this(PolicyEngine.plain(kind), inputs, weights, batchRows, coarse, workers);
    }

    /**
     * @param engine that runs it
     * @param inputs of the network, which also say what it is
     * @param weights copied; may have adapters beside the network's own
     * @param batchRows latents that a network sees at once, at the most; a CPU takes as many of them as suit its caches
     * @param workers that call the engines side by side; still the caller's
     * @param coarse whether plans may ask for {@link Step.Network#TUNED_COARSE}
     */
    public RolloutPolicy(
            PolicyEngine engine,
            TransformerInputs inputs,
            Weights weights,
            int batchRows,
            boolean coarse,
            Workers workers) {
        this.inputs = inputs;
        EngineKind kind = engine.kind();
        Network network = inputs.network();
        try {
            Engine tuned = load(engine, "policy", weights);
            engines.put(Step.Network.TUNED, tuned);
            if (weights.shapes().keySet().stream().anyMatch(Lora::isAdapter)) {
                engines.put(Step.Network.BASE, tuned);
            }
            if (coarse) {
                engines.put(
                        Step.Network.TUNED_COARSE,
                        open.add(kind.load("policy in int8", network, weights, Precision.INT8)));
            }
            sampler = open.add(new Sampler(inputs, engines, rows(kind, inputs, batchRows), workers));
        } catch (RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    /**
     * Two sets of weights of one network, for hybrid plans.
     *
     * @param tuned copied; empty if no plan asks for it
     * @param base copied; empty if no plan asks for it
     */
    public RolloutPolicy(
            PolicyEngine engine,
            TransformerInputs inputs,
            Optional<Weights> tuned,
            Optional<Weights> base,
            int batchRows) {
        this.inputs = inputs;
        try {
            tuned.ifPresent(weights -> engines.put(Step.Network.TUNED, load(engine, "tuned transformer", weights)));
            base.ifPresent(weights -> engines.put(Step.Network.BASE, load(engine, "base transformer", weights)));
            sampler = open.add(new Sampler(inputs, engines, rows(engine.kind(), inputs, batchRows), Workers.one()));
        } catch (RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    private Engine load(PolicyEngine engine, String name, Weights weights) {
        return open.add(engine.kind().load(name, inputs.network(), weights, engine.precision(), engine.mode()));
    }

    private static int rows(EngineKind kind, TransformerInputs inputs, int most) {
        return kind.rowsAtOnce(inputs.packing().tokens(), most);
    }

    /** Draws with the engines' weights of the moment. Used by one thread at a time. */
    public Sampler sampler() {
        return sampler;
    }

    /** Gives the policy's engines these weights, or of adapters these alone; see {@link Engine#update}. */
    @Override
    public void update(Weights weights) {
        engines.forEach((network, engine) -> {
            if (network != Step.Network.BASE) {
                engine.update(weights);
            }
        });
    }

    @Override
    public TransformerInputs inputs() {
        return inputs;
    }

    @Override
    public Array velocity(Map<String, Array> batch) {
        Engine tuned = engines.get(Step.Network.TUNED);
        Map<String, Array> all = new LinkedHashMap<>(batch);
        if (tuned.inputs().stream().anyMatch(port -> port.name().equals(Lora.SCALE))) {
            int rows = (int) batch.values().iterator().next().shape()[0];
            float[] ones = new float[rows];
            Arrays.fill(ones, 1);
            all.put(Lora.SCALE, Array.of(ones, rows));
        }
        return tuned.infer(all).get(TransformerInputs.VELOCITY);
    }

    @Override
    public void close() {
        open.close();
    }
}
