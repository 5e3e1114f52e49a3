package mixgrpo.tools.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.window.Window;
import mixgrpo.tools.train.RunSession;
import mixgrpo.trainer.loop.Course;
import mixgrpo.trainer.loop.Iteration;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.metrics.PhaseClock.Spent;

/** The iterations of a preset that are measured with one window, and what they are expected to cost. */
final class WindowBench {

    /** Iterations of a run that are looked at: enough to see the cost fall as the window moves. */
    private static final int LOOKED_AT = 4;

    private final RunSession session;
    private final int number;
    private final double share;
    private final Window window;
    private final Plan plan;
    private final List<Spent> spent = new ArrayList<>();
    private final List<Measurements> measured = new ArrayList<>();

    private WindowBench(RunSession session, int number, double share, Window window) {
        this.session = session;
        this.number = number;
        this.share = share;
        this.window = window;
        plan = session.recipe().planner().plan(window);
    }

    /** The windows of iterations spread evenly over the run, each with its share of these iterations. */
    static List<WindowBench> spread(RunSession session, Course course) {
        Map<Window, List<Integer>> iterations = new LinkedHashMap<>();
        for (int i = 0; i < LOOKED_AT; i++) {
            int number = (int) ((i + .5) * course.iterations() / LOOKED_AT);
            iterations
                    .computeIfAbsent(course.windows().at(number), window -> new ArrayList<>())
                    .add(number);
        }
        List<WindowBench> benches = new ArrayList<>();
        iterations.forEach((window, numbers) ->
                benches.add(new WindowBench(session, numbers.get(0), (double) numbers.size() / LOOKED_AT, window)));
        return benches;
    }

    /** Runs the iteration and keeps what it took. */
    void run(Iteration iteration) throws IOException {
        PhaseClock clock = new PhaseClock();
        Measurements measurements = iteration.run(number, clock);
        spent.add(clock.total());
        measured.add(measurements);
    }

    /** Forgets what was run so far: that was to warm up. */
    void forget() {
        spent.clear();
        measured.clear();
    }

    /** What the iteration does, as the repetitions so far have done it. */
    Demand demand() {
        return Demand.of(
                session.config(),
                plan,
                number,
                new Demand.Passes(median(Metric.TRAIN_FORWARDS), median(Metric.TRAIN_BACKWARDS)));
    }

    private double median(Metric metric) {
        return Probe.median(measured, line -> line.get(metric).orElse(0));
    }

    /** @param costs of everything that is in demand */
    Comparison.Cost cost(Map<Unit, Spent> costs) {
        int images = session.config().rollout().images();
        int all = images * session.config().prompts().perIteration();
        Spent took = Probe.median(spent);
        Spent expected = demand().cost(costs);
        return new Comparison.Cost(
                window.start(),
                window.end(),
                share,
                took.wallSeconds(),
                took.cpuSeconds(),
                plan.nfePerImage(images),
                median(Metric.TRAIN_FORWARDS) / all,
                expected.wallSeconds(),
                expected.cpuSeconds());
    }
}
