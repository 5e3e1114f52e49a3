package mixgrpo.tools.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.Post;
import mixgrpo.solvers.plan.Prefix;
import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.window.OfficialWindows;
import mixgrpo.solvers.window.Pace;
import mixgrpo.solvers.window.Window;
import mixgrpo.solvers.window.WindowEnd;
import mixgrpo.solvers.window.WindowRange;
import mixgrpo.solvers.window.WindowSchedule;
import mixgrpo.trainer.advantage.AdvantageRule;
import mixgrpo.trainer.config.PostConfig;
import mixgrpo.trainer.config.RolloutConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.config.WindowConfig;

/** The method's parts that a configuration chooses. */
public record Recipe(TrainConfig config) {

    /** How a trajectory of the rollout is planned around its window. */
    public Planner planner() {
        RolloutConfig rollout = config.rollout();
        Planner planner = new Planner(
                schedule(), kernel(rollout), Prefix.EULER, post(config.post()), ModelTime.EXACT, rollout.sharedNoise());
        return config.officialCompat() ? planner.asShipped() : planner;
    }

    /**
     * Makes the plan of every iteration once.
     *
     * @throws IllegalArgumentException if a kernel or a solver cannot be used where a window lies
     */
    void check() {
        WindowSchedule windows = windows();
        Planner planner = planner();
        int iterations = windows.stopsAt().orElse(config.iterations());
        IntStream.range(0, Math.min(iterations, config.iterations()))
                .mapToObj(windows::at)
                .distinct()
                .forEach(planner::plan);
    }

    private SigmaSchedule schedule() {
        return SigmaSchedule.shifted(config.rollout().steps(), config.rollout().shift());
    }

    /** How pictures are drawn for an evaluation: every step deterministic, by Euler, as the published evaluation. */
    public Plan evaluationPlan() {
        return Plan.ode(schedule(), DpmSolver.FIRST_ORDER);
    }

    private static Kernel kernel(RolloutConfig rollout) {
        return switch (rollout.kernel()) {
            case FLOW -> Kernel.flow(rollout.eta());
            case DANCE -> Kernel.dance(rollout.eta());
            case CPS -> Kernel.cps(rollout.eta());
        };
    }

    private static Post post(PostConfig post) {
        DpmSolver.Rule rule = post.variant() == PostConfig.Variant.HEUN ? DpmSolver.Rule.HEUN : DpmSolver.Rule.MIDPOINT;
        DpmSolver.Version version = DpmSolver.Version.CORRECTED;
        DpmSolver solver =
                switch (post.solver()) {
                    case EULER -> DpmSolver.FIRST_ORDER;
                    case DPM_SOLVER_PLUS_PLUS -> new DpmSolver(Prediction.DATA, post.order(), rule, version);
                    case DPM_SOLVER -> new DpmSolver(Prediction.NOISE, post.order(), rule, version);
                };
        return new Post(
                solver,
                post.ratio(),
                post.history() == PostConfig.History.CARRY ? Post.History.CARRY : Post.History.RESTART,
                Post.Count.STEPS);
    }

    /** The window of every iteration. */
    public WindowSchedule windows() {
        WindowConfig window = config.window();
        int steps = config.rollout().steps();
        if (config.officialCompat()) {
            if (window.first() != 0 || window.last().isPresent()) {
                throw new IllegalArgumentException(
                        "window.first, window.last: expected 0 and none with officialCompat, whose windows have a range of their own, got %d and %s"
                                .formatted(
                                        window.first(),
                                        window.last().map(String::valueOf).orElse("none")));
            }
            return switch (window.strategy()) {
                case PROGRESSIVE ->
                    OfficialWindows.sliding(
                            steps,
                            window.size(),
                            window.stride(),
                            new Pace.Constant(window.shiftInterval()),
                            window.end() == WindowConfig.End.ROLLBACK);
                case RANDOM -> OfficialWindows.random(steps, window.size(), config.seed());
                case FROZEN -> WindowSchedule.frozen(WindowRange.of(steps, window.size()));
            };
        }
        int first = window.first();
        int lastStart = window.lastOf(steps) + 1 - window.size();
        WindowRange range = new WindowRange(steps, window.size(), window.lastOf(steps) + 1);
        return switch (window.strategy()) {
            case FROZEN -> iteration -> new Window(first, first + window.size());
            case PROGRESSIVE ->
                WindowSchedule.list(
                        range,
                        starts(first, lastStart, window.stride()),
                        window.shiftInterval(),
                        window.stride() == 0 ? WindowEnd.CLAMP : end(window.end()));
            case RANDOM -> {
                WindowRange shorter = new WindowRange(steps - first, window.size(), window.lastOf(steps) + 1 - first);
                WindowSchedule random = WindowSchedule.random(shorter, config.seed());
                yield iteration -> {
                    Window drawn = random.at(iteration);
                    return new Window(first + drawn.start(), first + drawn.end());
                };
            }
        };
    }

    /** first, first + stride, ... and the last start, however far it is. */
    private static List<Integer> starts(int first, int last, int stride) {
        if (stride == 0) {
            return List.of(first);
        }
        int positions = (last - first + stride - 1) / stride + 1;
        return IntStream.range(0, positions)
                .mapToObj(position -> Math.min(first + position * stride, last))
                .toList();
    }

    private static WindowEnd end(WindowConfig.End end) {
        return WindowEnd.valueOf(end.name());
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
        return config.officialCompat() ? rule.officialCompat() : rule;
    }

    /** The rewards whose failure ends the run. */
    public List<String> requiredRewards() {
        return config.rewards().entrySet().stream()
                .filter(reward -> reward.getValue().required())
                .map(Map.Entry::getKey)
                .toList();
    }
}
