package mixgrpo.trainer.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.trainer.libtorch.DeviceChoice;

/**
 * A whole training run. Only the code that wires a run takes this record; every class of the run takes the one part that is for it.
 *
 * @param name the name of the run and of its folder under {@code runs/}
 * @param seed the seed of all noise, of the order of prompts and of everything else that is drawn
 * @param iterations rounds of the main loop; one samples {@code prompts.perIteration * rollout.images} pictures and makes
 *     {@code optimizer.minibatches} updates
 * @param maxMinutes a run that would take longer than this, its measurement at the end included, makes fewer iterations; decided
 *     after the eighth, when their time is known, and once more after a third. 0 makes all
 * @param model {@value #BUILT_IN} for the policy that ships with the project, else a model folder in diffusers' layout
 * @param modelVariant which of several weights the model's parts are read from, {@code fp16} for
 *     {@code diffusion_pytorch_model.fp16.safetensors}; the plain ones when absent
 * @param device where the policy is trained: its parameters, gradients and moments are there; {@code auto} takes an NVIDIA GPU if
 *     libtorch sees one, {@code gpu} needs a build with {@code MIXGRPO_PROFILE=cuda}
 * @param prompts what is trained on
 * @param rollout how pictures are sampled during training
 * @param window which steps run as SDE and are trained, iteration by iteration
 * @param pre how the steps before the window are solved
 * @param post how the steps behind the window are solved
 * @param loss advantages and the clipped objective
 * @param optimizer AdamW and the learning rate
 * @param train which weights of the policy are trained and how their gradients are computed
 * @param sync how new weights reach the sampling engine
 * @param rewards what is rewarded, by the reward's name
 * @param evaluate the measurement on prompts that are never trained on
 * @param checkpoint what is saved while the run goes on
 * @param officialCompat which deviations of the published code are reproduced: {@code true} for all, {@code false} for none, or a list
 */
public record TrainConfig(
        String name,
        long seed,
        int iterations,
        double maxMinutes,
        String model,
        Optional<String> modelVariant,
        DeviceChoice device,
        PromptsConfig prompts,
        RolloutConfig rollout,
        WindowConfig window,
        PreConfig pre,
        PostConfig post,
        LossConfig loss,
        OptimizerConfig optimizer,
        PolicyConfig train,
        SyncConfig sync,
        Map<String, RewardConfig> rewards,
        EvaluateConfig evaluate,
        CheckpointConfig checkpoint,
        List<OfficialDeviation> officialCompat) {

    /** The model that ships with the project; only it brings prompts along. */
    public static final String BUILT_IN = "scenes";

    public TrainConfig {
        officialCompat = List.copyOf(officialCompat);
        rewards = Collections.unmodifiableMap(new LinkedHashMap<>(rewards));
        int steps = rollout.steps();
        int last = window.lastOf(steps);
        boolean isRange =
                window.first() <= last && last < steps; // if not, the ends are at fault and not what lies between them
        int lastStart = last + 1 - window.sizeIn(steps);
        new Faults()
                .expect(
                        name.matches("[A-Za-z0-9][A-Za-z0-9._-]*"),
                        "name",
                        "a folder name of letters, digits, '.', '_' and '-'",
                        name)
                .count("iterations", iterations)
                .notNegative("maxMinutes", maxMinutes)
                .expect(
                        !model.isBlank(),
                        "model",
                        "'%s' or the path of a model folder (--model DIR)".formatted(BUILT_IN),
                        model)
                .expect(
                        modelVariant.filter(variant -> !variant.matches("\\w+")).isEmpty(),
                        "modelVariant",
                        "a name of letters and digits, such as fp16 or bf16",
                        modelVariant.orElse(""))
                .expect(
                        prompts.file().isPresent() || model.equals(BUILT_IN) || model.isBlank(),
                        "prompts.file",
                        "a file with one prompt a line (--prompts FILE) for a model that is not built in",
                        "")
                .expect(
                        window.first() < steps,
                        "window.first",
                        "a step in 0..%d (rollout.steps - 1)".formatted(steps - 1),
                        window.first())
                .expect(
                        isRange || window.first() >= steps,
                        "window.last",
                        "a step in %d..%d (window.first to rollout.steps - 1), or %d..-1 counted from the end"
                                .formatted(window.first(), steps - 1, window.first() - steps),
                        window.last().orElse(-1))
                .expect(
                        !isRange || window.first() <= lastStart,
                        "window.size",
                        "1..%d (steps %d to %d of rollout.steps %d)"
                                .formatted(last + 1 - window.first(), window.first(), last, steps),
                        window.size())
                .expect(
                        !isRange
                                || window.strategy() != WindowConfig.Strategy.LIST
                                || window.starts().stream().allMatch(s -> s >= window.first() && s <= lastStart),
                        "window.starts",
                        "steps in %d..%d (window.first to window.last, less window.size)"
                                .formatted(window.first(), lastStart),
                        window.starts())
                .expect(
                        rollout.kernel() != RolloutConfig.Kernel.CPS || loss.objective() != LossConfig.Objective.GUARD,
                        "loss.objective",
                        "clip or trust-region for rollout.kernel cps, whose log-prob is no density",
                        "guard")
                .expect(
                        optimizer.minibatches() <= rollout.images(),
                        "optimizer.minibatches",
                        "1..%d (rollout.images)".formatted(rollout.images()),
                        optimizer.minibatches())
                .expect(
                        rewards.values().stream().anyMatch(RewardConfig::train),
                        "rewards",
                        "at least one that is trained (rewards.NAME.weight=1)",
                        rewards.isEmpty() ? "none" : "only ones with train: false")
                .throwIfAny();
    }

    /** The same with so many iterations. */
    public TrainConfig withIterations(int number) {
        return with(number, sync);
    }

    /** The same with weights that reach the engine in this way. */
    public TrainConfig withSync(SyncConfig other) {
        return with(iterations, other);
    }

    private TrainConfig with(int otherIterations, SyncConfig otherSync) {
        return new TrainConfig(
                name,
                seed,
                otherIterations,
                maxMinutes,
                model,
                modelVariant,
                device,
                prompts,
                rollout,
                window,
                pre,
                post,
                loss,
                optimizer,
                train,
                otherSync,
                rewards,
                evaluate,
                checkpoint,
                officialCompat);
    }
}
