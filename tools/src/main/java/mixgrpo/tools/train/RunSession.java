package mixgrpo.tools.train;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.runtime.rollout.Decoder;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.Sampler;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Step;
import mixgrpo.tools.model.FluxModel;
import mixgrpo.trainer.checkpoint.Checkpoints;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.evaluate.Evaluation;
import mixgrpo.trainer.loop.Course;
import mixgrpo.trainer.loop.Iteration;
import mixgrpo.trainer.loop.LocalRollouts;
import mixgrpo.trainer.loop.Observer;
import mixgrpo.trainer.loop.PromptOrder;
import mixgrpo.trainer.loop.Sync;
import mixgrpo.trainer.loop.TrainingLoop;
import mixgrpo.trainer.policy.Policy;

/**
 * Everything that a run works with, made from its configuration before anything is written: model, prompts, rewards, engines,
 * policy. Whoever opens it closes it.
 */
public final class RunSession implements AutoCloseable {

    /** Latents that a network sees at once where no configuration says it: enough for full speed on a CPU, little enough for its caches. */
    public static final int BATCH_ROWS = 24;

    private final TrainConfig config;
    private final Recipe recipe;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final FluxModel model;
    private final FluxInputs inputs;
    private final PromptSets prompts;
    private final Rewards rewards;
    private final Decoder decoder;
    private final Policy policy;

    /**
     * @throws IOException if the model or the prompts cannot be read
     * @throws IllegalArgumentException if the configuration asks for what is not there
     */
    public RunSession(TrainConfig config) throws IOException {
        this.config = config;
        RolloutConfig rollout = config.rollout();
        try {
            rewards = opened(Rewards.named(config.rewards().keySet()));
            model = opened(FluxModel.open(config.model()));
            checkTextEncoder(config.model(), model);
            inputs = model.inputs(rollout.width(), rollout.height(), rollout.guidance());
            recipe = new Recipe(config, inputs.packing());
            recipe.check();
            MemoryPlan.of(config, inputs).check();
            prompts = PromptSets.load(config.prompts(), config.evaluate());
            Engine decoding = opened(model.decoderEngine());
            VaeDecoder vae = opened(model.decoder(decoding, inputs));
            decoder = vae;
            policy = opened(new Policy(
                    inputs, model.weights(), config.train(), recipe.optimizer(), config.loss(), config.seed()));
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** The one text encoder there is makes prompts for the built-in model and for models of its kind. */
    private static void checkTextEncoder(String name, FluxModel model) {
        if (model.config().jointAttentionDim() != TextEmbedding.WIDTH
                || model.config().pooledProjectionDim() != TextEmbedding.WIDTH) {
            throw new IllegalArgumentException(
                    "model %s: its transformer takes text of %d and %d channels, as from T5 and CLIP; models with these encoders cannot be trained yet, only models on MiniLM's %d channels such as '%s'"
                            .formatted(
                                    name,
                                    model.config().jointAttentionDim(),
                                    model.config().pooledProjectionDim(),
                                    TextEmbedding.WIDTH,
                                    TrainConfig.BUILT_IN));
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    TrainConfig config() {
        return config;
    }

    Policy policy() {
        return policy;
    }

    FluxModel model() {
        return model;
    }

    Recipe recipe() {
        return recipe;
    }

    PromptSets prompts() {
        return prompts;
    }

    Rewards rewards() {
        return rewards;
    }

    /** The loop, with an engine of its own that samples from the policy as it is now. */
    TrainingLoop loop(Checkpoints checkpoints, Observer observer) {
        Engine engine = opened(model.policyEngine("policy", policy.rolloutWeights()));
        Sampler sampler = opened(sampler(engine));
        LocalRollouts rollouts = new LocalRollouts(
                config.seed(),
                config.rollout().images(),
                recipe.planner(),
                sampler,
                decoder,
                rewards,
                Set.copyOf(recipe.requiredRewards()));
        PromptOrder order = new PromptOrder(prompts.training(), config.prompts().perIteration(), config.seed());
        Course course = new Course(config.iterations(), order, recipe.windows(), config.optimizer());
        Iteration iteration = new Iteration(
                course,
                rollouts,
                recipe.advantages(),
                policy,
                new Sync(engine, config.sync().every()));
        return new TrainingLoop(iteration, checkpoints, observer);
    }

    /** Draws with these weights and scores, on prompts that are not trained on. */
    Evaluation.Result evaluate(Weights weights, boolean heldOut, int seeds, IntConsumer progress) {
        Evaluation evaluation = new Evaluation(
                heldOut ? prompts.heldOut() : prompts.development(), recipe.evaluationPlan(), rewards, decoder);
        try (Engine engine = model.policyEngine("evaluation", weights);
                Sampler sampler = sampler(engine)) {
            return evaluation.measure(sampler, seeds, progress);
        }
    }

    private Sampler sampler(Engine engine) {
        return new Sampler(
                inputs, Map.of(Step.Network.TUNED, engine), config.rollout().batch());
    }

    @Override
    public void close() {
        RuntimeException failure = null;
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = new IllegalStateException("closing a run's resources failed", e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
