package mixgrpo.tools.model;

import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.rollout.Sampler;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.trainer.evaluate.Evaluation;

/**
 * The engines that draw pictures with a model: its transformer, with weights that may be exchanged, and its decoder. Used by one
 * thread at a time.
 */
public final class Painter implements AutoCloseable {

    /** Latents that a network sees at once: enough for full speed on a CPU, little enough for its caches. */
    private static final int BATCH_ROWS = 24;

    private final Engine policy;
    private final Engine decoding;
    private final Sampler sampler;
    private final VaeDecoder decoder;

    /**
     * @param model whose decoder and sizes are used; stays the caller's and may be closed afterwards
     * @param weights of its transformer
     */
    public Painter(FluxModel model, Weights weights, FluxInputs inputs) {
        policy = model.policyEngine("policy", weights);
        try {
            decoding = model.decoderEngine();
        } catch (RuntimeException e) {
            policy.close();
            throw e;
        }
        sampler = new Sampler(inputs, Map.of(Step.Network.TUNED, policy), BATCH_ROWS);
        decoder = model.decoder(decoding, inputs);
    }

    /** From now on draws with these weights. */
    public void update(Weights weights) {
        policy.update(weights);
    }

    /** A picture for every row of noise; see {@link Sampler#draw}. */
    public List<Image> draw(Plan plan, List<TextEmbedding> texts, float[][] noise) {
        return sampler.draw(plan, texts, noise, decoder);
    }

    /** Pictures from packed latents. */
    public List<Image> decode(float[][] latents) {
        return decoder.decode(latents);
    }

    /** Draws {@code seeds} pictures of every prompt and scores them; see {@link Evaluation#measure}. */
    public Evaluation.Result measure(
            List<Prompt> prompts, Plan plan, Rewards rewards, int seeds, IntConsumer progress) {
        return new Evaluation(prompts, plan, rewards, decoder).measure(sampler, seeds, progress);
    }

    /** Elements of one picture's noise. */
    public int elements() {
        return sampler.elements();
    }

    @Override
    public void close() {
        try (policy;
                decoding;
                decoder;
                sampler) {
            // Closed in the reverse of this order, each whatever happens to the others.
        }
    }
}
