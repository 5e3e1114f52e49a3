package mixgrpo.tools.train;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.reward.Rewards;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.window.Window;
import mixgrpo.tools.config.Configuration;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.CacheFolder;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.PolicyEngine;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.libtorch.TorchDevice;

/** What a run would do, in words and numbers, from its configuration and its model's headers. Whoever opens it closes it. */
public final class DryRun implements AutoCloseable {

    private final Configuration configuration;
    private final Recipe recipe;
    private final TrainConfig config;
    private final EngineKind engine;
    private final TorchDevice device;
    private final SyncConfig sync;
    private final ImageModel model;
    private final int textLength;
    private final TransformerInputs inputs;

    /**
     * Opens the model of a run.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it cannot do what the configuration asks for
     * @throws EngineUnavailableException if it asks for a device that is not there
     */
    public DryRun(Configuration given) throws IOException {
        TrainConfig asked = given.config();
        device = TorchDevice.of(asked.device());
        sync = asked.sync(); // as it was given; auto is decided by the engine
        engine = EngineKind.of(asked.rollout(), sync);
        model = GivenException.reading(
                () -> ImageModel.open(asked.model(), asked.modelVariant().orElse("")));
        try {
            RolloutConfig rollout = asked.rollout();
            textLength = PromptSets.textLength(asked.prompts(), model.text());
            inputs = model.inputs(rollout.width(), rollout.height(), textLength, rollout.guidance());
            Recipe undecided =
                    new Recipe(asked, inputs.packing(), model.scheduler().dynamicShift());
            undecided.check();
            recipe = undecided.decided(engine, model.text().positions(textLength));
            config = recipe.config();
            PolicyEngine.sampling(engine, config).check(inputs.network(), "rollout.precision");
            configuration = given.with(config);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** The resolved configuration, then schedule, windows, network calls, memory. */
    public String text() throws IOException {
        StringBuilder text = new StringBuilder(configuration.toYaml());
        course(text);
        text.append("# Trained on %s%n# Memory:%n%s%n".formatted(device, memory().text("#   ")));
        if (!model.text().isBuiltIn()) {
            text.append(embeddings(model, textLength));
        }
        return text.toString();
    }

    /**
     * What a user should read before such a run.
     *
     * @throws IllegalArgumentException with what a run would be refused for on any machine: prompts that are missing or too few, rewards
     *     that are not there or cannot score such pictures
     */
    public List<String> remarks() throws IOException {
        PromptSplit texts = PromptSets.texts(config, model.text().isBuiltIn());
        try (Rewards rewards = Rewards.named(config.rewards().keySet())) {
            return RunSession.remarks(rewards, texts, recipe);
        }
    }

    /** Why this machine has not enough memory, if it has not; another may have. */
    public Optional<String> memoryRefusal() throws IOException {
        return memory().refusal();
    }

    private MemoryPlan memory() throws IOException {
        return new RunMemory(config, model, inputs, engine, device).plan();
    }

    @Override
    public void close() {
        model.close();
    }

    private static String embeddings(ImageModel model, int textLength) {
        long values =
                (long) model.text().positions(textLength) * model.architecture().textChannels()
                        + model.architecture().pooledChannels();
        return "# Prompts: %d tokens each, encoded once and kept in %s, %s a prompt%n"
                .formatted(textLength, CacheFolder.text(), MemoryPlan.megabytes(Float.BYTES * values));
    }

    /** Trajectory, windows and network calls. */
    private void course(StringBuilder text) {
        Map<Window, Long> count = recipe.iterationsByWindow();
        Plan plan = recipe.planner().plan(recipe.windows().at(0));
        text.append("\n# Trajectory in the first iteration: step, sigma -> next, kind\n");
        for (Step step : plan.steps()) {
            text.append(String.format(
                    Locale.ROOT,
                    "#   %2d  %.4f -> %.4f  %s%s%n",
                    step.index(),
                    step.sigma(),
                    step.sigmaNext(),
                    kind(step, plan),
                    step.shared() ? ", once for a group" : ""));
        }
        text.append("# Window positions: ");
        count.keySet().stream()
                .sorted(Comparator.comparing(Window::start))
                .forEach(window ->
                        text.append("[%d, %d) x %d  ".formatted(window.start(), window.end(), count.get(window))));
        text.append(String.format(
                Locale.ROOT,
                "%n# %d iterations of %d images, %.2f network calls an image on average, %d updates an iteration%n",
                count.values().stream().mapToLong(Long::longValue).sum(),
                config.prompts().perIteration() * config.rollout().images(),
                recipe.callsPerImage(),
                config.optimizer().minibatches()));
        text.append("# Engine: %s in %s, new weights by %s%n"
                .formatted(
                        engine,
                        Word.of(config.rollout().precision()),
                        Word.of(config.sync().mode())));
        if (config.rollout().engine() == RolloutConfig.Engine.AUTO) {
            EngineKind.passedOver(EngineKind.probe(), config.rollout(), sync)
                    .forEach(reason -> text.append("#   not %s%n".formatted(reason)));
        }
    }

    private static String kind(Step step, Plan plan) {
        if (!step.isScored()) {
            return "ODE";
        }
        int trained = plan.trainedPerImage();
        int all = plan.scored().size();
        return trained == all ? "SDE, trained" : "SDE, an image is trained on %d of these %d".formatted(trained, all);
    }
}
