package mixgrpo.tools.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.window.Window;
import mixgrpo.solvers.window.WindowSchedule;
import mixgrpo.tools.train.RunSession;
import mixgrpo.trainer.loop.Course;
import mixgrpo.trainer.loop.Iteration;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Median;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.metrics.PhaseClock.Spent;

/** One of the iterations of a preset that are measured, again and again, and what it is expected to cost. */
final class RepeatedIteration {

    /** Iterations of a run that are looked at: enough to see the cost fall as the window moves. */
    private static final int LOOKED_AT = 4;

    private final RunSession session;
    private final int number;
    private final Window window;
    private final Plan plan;
    private final List<Spent> spent = new ArrayList<>();
    private final List<Measurements> measured = new ArrayList<>();

    private RepeatedIteration(RunSession session, Course course, int number) {
        this.session = session;
        this.number = number;
        window = course.windows().at(number);
        plan = session.recipe().planner().plan(window);
    }

    /** Iterations spread evenly over the places that the run's windows have, in the order of these. */
    static List<RepeatedIteration> spread(RunSession session, Course course) {
        return spread(course.windows(), course.iterations()).stream()
                .map(number -> new RepeatedIteration(session, course, number))
                .toList();
    }

    /**
     * The numbers of the iterations that are looked at: quantiles of the run's in the order of their windows' starts, because that is what
     * the cost depends on. A window that slides once through the run has them spread evenly over it.
     */
    static List<Integer> spread(WindowSchedule windows, int iterations) {
        List<Integer> byStart = IntStream.range(0, iterations)
                .boxed()
                .sorted(Comparator.comparingInt(number -> windows.at(number).start()))
                .toList();
        return IntStream.range(0, LOOKED_AT)
                .mapToObj(i -> byStart.get((int) ((i + .5) * iterations / LOOKED_AT)))
                .toList();
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
                new Demand.Passes(
                        median(Metric.TRAIN_PASSES),
                        median(Metric.TRAIN_FORWARDS),
                        median(Metric.TRAIN_BACKWARDS),
                        median(Metric.LOG_PROB_RECOMPUTED)));
    }

    private double median(Metric metric) {
        return Median.of(measured, line -> line.get(metric).orElse(0));
    }

    /** @param costs of everything that is in demand */
    Comparison.Cost cost(Map<Unit, Spent> costs) {
        int images = session.config().rollout().images();
        int all = images * session.config().prompts().perIteration();
        Spent took = Probe.median(spent);
        Spent expected = demand().cost(costs);
        return new Comparison.Cost(
                number,
                window.start(),
                window.end(),
                took.wallSeconds(),
                took.cpuSeconds(),
                plan.nfePerImage(images),
                median(Metric.TRAIN_FORWARDS) / all,
                expected.wallSeconds(),
                expected.cpuSeconds());
    }
}
