package mixgrpo.tools.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.Post;
import mixgrpo.solvers.plan.Prefix;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.window.TrainedSteps;
import mixgrpo.solvers.window.Window;
import mixgrpo.solvers.window.WindowSchedule;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.advantage.AdvantageRule;
import mixgrpo.trainer.config.LossConfig;
import mixgrpo.trainer.config.OfficialDeviation;
import mixgrpo.trainer.config.OptimizerConfig;
import mixgrpo.trainer.config.PolicyConfig;
import mixgrpo.trainer.config.PostConfig;
import mixgrpo.trainer.config.PreConfig;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.SyncConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.config.WindowConfig;

/**
 * The method's parts that a configuration chooses.
 *
 * @param latents of a picture, which some choices depend on
 * @param dynamicShift of the model's scheduler, for {@code rollout.schedule dynamic}
 */
public record Recipe(TrainConfig config, Optional<LatentPacking> latents, DynamicShift dynamicShift) {

    /** For whatever does not depend on the size of latents: windows, advantages, most plans. */
    public Recipe(TrainConfig config) {
        this(config, Optional.empty(), DynamicShift.FLUX);
    }

    public Recipe(TrainConfig config, LatentPacking latents, DynamicShift dynamicShift) {
        this(config, Optional.of(latents), dynamicShift);
    }

    /**
     * The same where it is decided how this engine takes new weights, if the configuration leaves that open, and how many iterations
     * there are, if windows end before ({@code window.end stop}).
     *
     * @param textTokens of a prompt
     */
    public Recipe decided(EngineKind engine, int textTokens) {
        if (iterations() < config.iterations()) {
            return new Recipe(config.withIterations(iterations()), latents, dynamicShift).decided(engine, textTokens);
        }
        SyncConfig sync = config.sync();
        if (sync.mode() != SyncConfig.Mode.AUTO) {
            return this;
        }
        SyncConfig.Mode mode = config.train().mode() == PolicyConfig.Mode.LORA
                ? engine.usualMode() // adapters are exchanged in place all the same
                : engine.usualMode(config.rollout().precision(), tokensBetweenSyncs(textTokens));
        return new Recipe(config.withSync(new SyncConfig(sync.every(), mode)), latents, dynamicShift);
    }

    /** Tokens of pictures and prompts that go through the network. */
    private long tokensBetweenSyncs(int textTokens) {
        double images = (double) config.sync().every()
                * config.prompts().perIteration()
                * config.rollout().images();
        return Math.round(images * callsPerImage() * (packing().tokens() + textTokens));
    }

    /** Iterations there are: fewer than are asked for where windows end earlier. */
    public int iterations() {
        return Math.min(config.iterations(), windows().stopsAt().orElse(config.iterations()));
    }

    /** Iterations by their window. */
    Map<Window, Long> iterationsByWindow() {
        WindowSchedule windows = windows();
        return IntStream.range(0, iterations())
                .mapToObj(windows::at)
                .collect(Collectors.groupingBy(window -> window, LinkedHashMap::new, Collectors.counting()));
    }

    /** Network calls an image, on average over the iterations. */
    public double callsPerImage() {
        Planner planner = planner();
        int images = config.rollout().images();
        double calls = 0;
        long iterations = 0;
        for (Map.Entry<Window, Long> position : iterationsByWindow().entrySet()) {
            calls += position.getValue() * planner.plan(position.getKey()).nfePerImage(images);
            iterations += position.getValue();
        }
        return calls / iterations;
    }

    /** How a trajectory of the rollout is planned around its window. */
    public Planner planner() {
        RolloutConfig rollout = config.rollout();
        PreConfig pre = config.pre();
        Planner planner = new Planner(
                schedule(),
                kernel(rollout),
                new Prefix(solver(pre.solver(), pre.order(), pre.variant()), pre.ratio()),
                post(config.post()),
                ModelTime.EXACT,
                rollout.sharedNoise(),
                trainedSteps(),
                rollout.usesCoarseNetwork() ? Step.Network.TUNED_COARSE : Step.Network.TUNED);
        for (OfficialDeviation official : config.officialCompat()) {
            planner = official.trajectory().map(planner::with).orElse(planner);
        }
        return planner;
    }

    private boolean reproduces(OfficialDeviation deviation) {
        return config.officialCompat().contains(deviation);
    }

    private TrainedSteps trainedSteps() {
        WindowConfig window = config.window();
        return window.strategy() == WindowConfig.Strategy.ALL
                ? TrainedSteps.random(config.rollout().steps(), window.fraction(), config.seed())
                : TrainedSteps.ALL;
    }

    /** How many steps of the window an image is trained on. */
    int trainedPerImage() {
        return trainedSteps().of(config.window().sizeIn(config.rollout().steps()));
    }

    /**
     * Makes the plan of every iteration once.
     *
     * @throws IllegalArgumentException if a kernel or a solver cannot be used where a window lies, a step to be trained has no noise, or the
     *     loss takes the policy of the moment for the one that sampled where it is not
     */
    void check() {
        if (config.sync().every() > 1 && config.loss().oldLogProb() == LossConfig.OldLogProb.RECOMPUTE) {
            throw new IllegalArgumentException(
                    "sync.every: expected 1 with loss.oldLogProb recompute, which takes the policy of the moment for the one that sampled, got %d"
                            .formatted(config.sync().every()));
        }
        iterationsByWindow().keySet().stream().map(planner()::plan).forEach(this::check);
    }

    private void check(Plan plan) {
        for (Step step : plan.scored()) {
            if (step.coefficients().noiseStd() == 0) {
                throw new IllegalArgumentException(
                        "step %d has no noise with rollout.kernel %s, so that there is nothing in it to be rewarded; leave it to the ODE (window.last=-2)"
                                .formatted(
                                        step.index(), Word.of(config.rollout().kernel())));
            }
        }
    }

    private SigmaSchedule schedule() {
        return schedule(config.rollout(), config.rollout().steps(), dynamicShift, () -> packing()
                .tokens());
    }

    /**
     * The noise levels that a rollout has, for any number of steps.
     *
     * @param dynamicShift of the model's scheduler
     * @param imageTokens tokens of a picture, where the levels depend on them
     * @throws IllegalArgumentException if they are a list, and of another number of steps
     */
    public static SigmaSchedule schedule(
            RolloutConfig rollout, int steps, DynamicShift dynamicShift, IntSupplier imageTokens) {
        return switch (rollout.schedule()) {
            case SHIFTED -> SigmaSchedule.shifted(steps, rollout.shift());
            case DYNAMIC -> SigmaSchedule.dynamic(steps, dynamicShift, imageTokens.getAsInt());
            case SD3 -> SigmaSchedule.sd3Pipeline(steps, rollout.shift());
            case LIST -> {
                if (steps != rollout.steps()) {
                    throw new IllegalArgumentException("steps: expected %d, as many as rollout.sigmas has, got %d"
                            .formatted(rollout.steps(), steps));
                }
                yield SigmaSchedule.of(
                        rollout.sigmas().stream().mapToDouble(sigma -> sigma).toArray());
            }
        };
    }

    private LatentPacking packing() {
        return latents.orElseThrow(
                () -> new IllegalStateException(
                        "rollout.schedule dynamic and loss.logProb sum depend on the size of the model's latents, which this recipe was not given"));
    }

    /** How pictures are drawn for an evaluation: every step deterministic, by Euler, as the published evaluation. */
    public Plan evaluationPlan() {
        return Plan.ode(schedule(), DpmSolver.FIRST_ORDER);
    }

    private Kernel kernel(RolloutConfig rollout) {
        Kernel averaged =
                switch (rollout.kernel()) {
                    case FLOW -> Kernel.flow(rollout.eta());
                    case DANCE -> Kernel.dance(rollout.eta());
                    case CPS -> Kernel.cps(rollout.eta());
                    case DPM -> Kernel.dpm();
                };
        return config.loss().logProb() == LossConfig.Reduction.SUM
                ? averaged.summed(packing().elements())
                : averaged;
    }

    private static DpmSolver solver(PostConfig.Solver solver, int order, PostConfig.Variant variant) {
        DpmSolver.Rule rule = variant == PostConfig.Variant.HEUN ? DpmSolver.Rule.HEUN : DpmSolver.Rule.MIDPOINT;
        return switch (solver) {
            case EULER -> DpmSolver.FIRST_ORDER;
            case DPM_SOLVER_PLUS_PLUS -> new DpmSolver(Prediction.DATA, order, rule, DpmSolver.Version.CORRECTED);
            case DPM_SOLVER -> new DpmSolver(Prediction.NOISE, order, rule, DpmSolver.Version.CORRECTED);
        };
    }

    private static Post post(PostConfig post) {
        return new Post(
                solver(post.solver(), post.order(), post.variant()),
                post.ratio(),
                post.history() == PostConfig.History.CARRY ? Post.History.CARRY : Post.History.RESTART,
                Post.Count.STEPS);
    }

    /**
     * The window of every iteration.
     *
     * @throws IllegalArgumentException if the published windows are asked for what they do not know
     */
    public WindowSchedule windows() {
        Windows windows = new Windows(config.window(), config.rollout().steps(), config.seed());
        boolean random = config.window().strategy() == WindowConfig.Strategy.RANDOM;
        boolean official = reproduces(random ? OfficialDeviation.RANDOM_WINDOW : OfficialDeviation.WINDOWS);
        return official ? windows.official() : windows.clean();
    }

    /** How rewards become advantages. */
    public AdvantageRule advantages() {
        Map<String, Double> weights = new LinkedHashMap<>();
        config.rewards().forEach((name, reward) -> {
            if (reward.train()) {
                weights.put(name, reward.weight());
            }
        });
        AdvantageRule rule = AdvantageRule.of(config.loss(), weights);
        if (reproduces(OfficialDeviation.FLOAT32)) {
            rule = rule.with(AdvantageRule.Arithmetic.FLOAT32);
        }
        return reproduces(OfficialDeviation.FAILED_REWARD) ? rule.with(AdvantageRule.Failure.ZERO) : rule;
    }

    /** How the policy is updated. */
    public OptimizerConfig optimizer() {
        return reproduces(OfficialDeviation.LAST_MINIBATCH)
                ? config.optimizer().droppingRemainder()
                : config.optimizer();
    }

    /** The rewards whose failure ends the run. */
    public List<String> requiredRewards() {
        return config.rewards().entrySet().stream()
                .filter(reward -> reward.getValue().required())
                .map(Map.Entry::getKey)
                .toList();
    }
}
