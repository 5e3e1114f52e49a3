package mixgrpo.tools.model;

import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.runtime.rollout.Drawing;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.trainer.evaluate.Evaluation;

/**
 * The engines that draw pictures with a model: its transformer, with weights that may be exchanged, and its decoder. Used by one
 * thread at a time.
 */
public final class Painter implements AutoCloseable {

    private final OpenResources open = new OpenResources();
    private final RolloutPolicy policy;
    private final VaeDecoder decoder;
    private final LatentPacking packing;

    /**
     * With the fastest engines that this machine can run.
     *
     * @param model whose decoder and sizes are used; stays the caller's and may be closed afterwards
     * @param weights of its transformer
     */
    public Painter(ImageModel model, Weights weights, TransformerInputs inputs) {
        this(
                EngineKind.fastest(),
                model,
                inputs,
                VaeTiling.AUTO,
                () -> new RolloutPolicy(EngineKind.fastest(), inputs, weights));
    }

    /**
     * @param kind what decodes
     * @param tiling of large pictures
     * @param policy makes what draws, which is closed with this
     */
    public Painter(
            EngineKind kind,
            ImageModel model,
            TransformerInputs inputs,
            VaeTiling tiling,
            Supplier<RolloutPolicy> policy) {
        packing = inputs.packing();
        try {
            this.policy = open.add(policy.get());
            decoder = open.add(model.decoder(kind, inputs, Workers.one(), tiling));
        } catch (RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    /** From now on draws with these weights. */
    public void update(Weights weights) {
        policy.update(weights);
    }

    /** A picture for every row of noise; see {@link mixgrpo.runtime.rollout.Sampler#draw}. */
    public List<Image> draw(Plan plan, List<TextEmbedding> texts, float[][] noise) {
        return policy.sampler().draw(plan, texts, noise, decoder);
    }

    /** Pictures, in order; see {@link mixgrpo.runtime.rollout.Sampler#draw}. */
    public List<Image> draw(Drawing drawing) {
        return policy.sampler().draw(drawing, decoder);
    }

    /** How one picture's latents are packed. */
    public LatentPacking packing() {
        return packing;
    }

    /** Pictures from packed latents. */
    public List<Image> decode(float[][] latents) {
        return decoder.decode(latents);
    }

    /** Draws {@code seeds} pictures of every prompt and scores them; see {@link Evaluation#measure}. */
    public Evaluation.Result measure(
            List<Prompt> prompts, Plan plan, Rewards rewards, int seeds, IntConsumer progress) {
        return new Evaluation(prompts, plan, rewards, decoder).measure(policy.sampler(), seeds, progress);
    }

    /** Elements of one picture's noise. */
    public int elements() {
        return policy.sampler().elements();
    }

    @Override
    public void close() {
        open.close();
    }
}
