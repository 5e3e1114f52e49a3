package mixgrpo.tools.train;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import mixgrpo.models.Inventory;
import mixgrpo.models.weights.RenamedWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.lifetime.OpenResources;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.runtime.rollout.Decoder;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.rollout.VaeDecoder;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.PolicyEngine;
import mixgrpo.tools.model.RolloutPolicy;
import mixgrpo.tools.run.Counted;
import mixgrpo.tools.run.HeldOut;
import mixgrpo.trainer.checkpoint.Checkpoints;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.evaluate.Evaluation;
import mixgrpo.trainer.libtorch.TorchDevice;
import mixgrpo.trainer.loop.Iteration;
import mixgrpo.trainer.loop.Observer;
import mixgrpo.trainer.loop.TrainingLoop;
import mixgrpo.trainer.policy.Compute;
import mixgrpo.trainer.policy.Policy;

/**
 * Everything that a run works with, made from its configuration before anything is written: model, prompts, rewards, engines,
 * policy. Whoever opens it closes it.
 */
public final class RunSession implements AutoCloseable {

    private final TrainConfig config;
    private final Recipe recipe;
    private final OpenResources open = new OpenResources();
    private final TorchDevice device;
    private final EngineKind engines;
    private final ImageModel model;
    private final TransformerInputs inputs;
    private final List<String> remarks;
    private final PromptSets prompts;
    private final Rewards rewards;
    private final Workers workers;
    private final VaeDecoder decoder;
    private final Policy policy;
    private RolloutPolicy drawing; // of measurements, since the first

    /** As the other constructor, watched by nobody. */
    public RunSession(TrainConfig config) throws IOException {
        this(config, Reading.UNWATCHED);
    }

    /**
     * @param given what is asked for; {@link #config} has what was decided where it leaves something open
     * @param reading told how far the reading of weights and prompts is
     * @throws IOException if the model or the prompts cannot be read
     * @throws IllegalArgumentException if the configuration asks for what is not there
     * @throws EngineUnavailableException if it asks for an engine or a device that is not there
     */
    public RunSession(TrainConfig given, Reading reading) throws IOException {
        device = TorchDevice.of(given.device()); // before anything of DJL's
        engines = EngineKind.of(given.rollout(), given.sync());
        RolloutConfig rollout = given.rollout();
        try {
            workers = open.add(Workers.ofProcess());
            rewards = open.add(Rewards.named(given.rewards().keySet(), workers));
            model = open.add(ImageModel.open(given.model(), given.modelVariant().orElse("")));
            int textLength = PromptSets.textLength(given.prompts(), model.text());
            inputs = model.inputs(rollout.width(), rollout.height(), textLength, rollout.guidance());
            Recipe asked = new Recipe(given, inputs.packing(), model.scheduler().dynamicShift());
            asked.check();
            recipe = asked.decided(engines, model.text().positions(textLength));
            config = recipe.config();
            PolicyEngine.sampling(engines, config).check(inputs.network(), "rollout.precision");
            PromptSplit texts = PromptSets.texts(config, model.text().isBuiltIn());
            remarks = remarks(rewards, texts, recipe);
            new RunMemory(config, model, inputs, engines, device).plan().check();
            model.checkFinite(reading.of("the weights checked"));
            EngineKind readers = EngineKind.asked("rollout.engine", rollout.engine()); // they never get new weights
            try (PromptEncoder encoder =
                    model.text().openCached(readers, textLength, reading.of("the text encoders read"))) {
                int all = texts.all().size();
                prompts = PromptSets.prepared(texts, encoder, done -> reading.prompts(done, all));
            }
            decoder = open.add(model.decoder(engines, inputs, workers));
            policy = open.add(new Policy(
                    inputs,
                    model.weights(),
                    config.train(),
                    recipe.optimizer(),
                    config.loss(),
                    config.seed(),
                    Compute.of(device, workers)));
        } catch (IOException | RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    /** What a user should know before the run begins. */
    static List<String> remarks(Rewards rewards, PromptSplit texts, Recipe recipe) {
        RolloutConfig rollout = recipe.config().rollout();
        List<String> remarks = new ArrayList<>(
                rewards.refusals(texts.all(), rollout.width(), rollout.height(), recipe.requiredRewards()));
        if (texts.heldOut().isEmpty()) {
            remarks.add(
                    "no prompts are left to measure on, so that this run will not say what it has achieved; a longer prompts.file or evaluate.file=FILE gives some");
        } else if (HeldOut.areTooFew(texts.heldOut().size())) {
            boolean asked = texts.heldOut().size() == recipe.config().evaluate().prompts();
            remarks.add("%s to measure on, too few for an interval; %s gives more"
                    .formatted(
                            Counted.of(texts.heldOut().size(), "held-out prompt"),
                            asked ? "a larger evaluate.prompts" : "a longer prompts.file or evaluate.file=FILE"));
        }
        return remarks;
    }

    /** Sentences that a user should read before the run begins. */
    public List<String> remarks() {
        return remarks;
    }

    /** With what was decided where the given one leaves it open. */
    public TrainConfig config() {
        return config;
    }

    public Policy policy() {
        return policy;
    }

    /** Where the policy is trained. */
    public TorchDevice device() {
        return device;
    }

    /** What runs the frozen networks. */
    public EngineKind engines() {
        return engines;
    }

    public ImageModel model() {
        return model;
    }

    public Recipe recipe() {
        return recipe;
    }

    PromptSets prompts() {
        return prompts;
    }

    public Rewards rewards() {
        return rewards;
    }

    /** How latents become the policy's inputs. */
    public TransformerInputs inputs() {
        return inputs;
    }

    /** Pictures from latents. */
    public Decoder decoder() {
        return decoder;
    }

    /** A frozen copy of the policy as it is now, with an engine of its own. It ends with this. */
    public RolloutPolicy rolloutPolicy() {
        return open.add(new RolloutPolicy(
                PolicyEngine.sampling(engines, config),
                inputs,
                policy.engineWeights(),
                config.rollout().batch(),
                config.rollout().usesCoarseNetwork(),
                workers));
    }

    /** What the loop repeats, sampling by an engine of its own from the policy as it is now. */
    public Iteration iteration() {
        return new LoopParts(recipe, policy, rolloutPolicy(), decoder, rewards).iteration(prompts.training());
    }

    TrainingLoop loop(Checkpoints checkpoints, Observer observer) {
        return new TrainingLoop(iteration(), checkpoints, observer);
    }

    /**
     * Draws with these weights and scores, on prompts that are not trained on.
     *
     * @param heldOut whether on those that are kept for the end instead of those for development
     */
    public Evaluation.Result evaluate(Weights weights, boolean heldOut, int seeds, IntConsumer progress) {
        return evaluate(weights, heldOut ? prompts.heldOut() : prompts.development(), seeds, progress);
    }

    /** Draws a picture with the base and scores it, of each of the first {@code count} development prompts. */
    Evaluation.Result evaluateBase(int count) {
        return evaluate(model.weights(), prompts.development().subList(0, count), 1, pictures -> {});
    }

    private Evaluation.Result evaluate(Weights weights, List<Prompt> measured, int seeds, IntConsumer progress) {
        if (measured.isEmpty()) {
            return Evaluation.Result.ofNothing(rewards.names());
        }
        Evaluation evaluation = new Evaluation(measured, recipe.evaluationPlan(), rewards, decoder);
        return evaluation.measure(drawing(weights).sampler(), seeds, progress);
    }

    /** What measurements draw with, one for all of them: not every engine gives its memory back when it is closed. */
    RolloutPolicy drawing(Weights weights) {
        if (drawing == null) {
            drawing = open.add(new RolloutPolicy(
                    PolicyEngine.measuring(engines, config),
                    inputs,
                    weights,
                    config.rollout().batch(),
                    false,
                    workers));
        } else {
            Set<String> own = Inventory.parameters(inputs.network()).keySet();
            drawing.update(RenamedWeights.selected(weights, own)); // a file may hold more than the network's
        }
        return drawing;
    }

    @Override
    public void close() {
        open.close();
    }
}
