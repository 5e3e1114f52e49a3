package mixgrpo.tools.train;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.ToDoubleFunction;
import mixgrpo.trainer.config.OptimizerConfig;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Median;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.Phase;

/**
 * How many iterations a run has time for ({@code maxMinutes}). It is decided early, and looked at again after a third of the run,
 * because machines become slow. Until the learning rate begins to fall, a run is the same as one that was to have so many iterations
 * from its beginning; the second decision leaves as many as that takes.
 */
final class TimeLimit {

    /** Iterations after which it is decided. */
    static final int DECIDED_AFTER = 8;

    /** Iterations whose times count. */
    private static final int LATELY = 25;

    /** A run that would make this share of its iterations in time, or more, is left alone then. */
    private static final double LATE = .97;

    /** A run shorter than this shows nothing. */
    static final int FEWEST = 20;

    private final TrainConfig config;
    private final int developmentPrompts;
    private final List<Measurements> seen = new ArrayList<>();
    private OptionalInt again = OptionalInt.empty(); // iterations before the second decision, once the first is made

    /** @param first iteration of this process; what was decided before it is in the configuration */
    TimeLimit(TrainConfig config, int developmentPrompts, int first) {
        this.config = config;
        this.developmentPrompts = developmentPrompts;
        if (first >= DECIDED_AFTER) {
            again = secondLook(config.iterations());
        }
    }

    private static OptionalInt secondLook(int iterations) {
        return OptionalInt.of(iterations / 3);
    }

    /** An iteration of this process, with its times. */
    void add(Measurements measurements) {
        seen.add(measurements);
    }

    /** How many iterations there shall be, if these are fewer than planned and it is time to decide. */
    OptionalInt fewer(int planned) {
        if (config.maxMinutes() == 0 || seen.isEmpty()) {
            return OptionalInt.empty();
        }
        int done = last().iteration() + 1;
        int iterations = planned;
        if (done == DECIDED_AFTER) {
            iterations = Math.max(FEWEST, possible());
            again = secondLook(Math.min(iterations, planned));
        } else if (again.isPresent() && done == again.getAsInt() && possible() < LATE * planned) {
            iterations = Math.max(FEWEST, Math.max(leastAfter(done), possible()));
        }
        return iterations < planned ? OptionalInt.of(iterations) : OptionalInt.empty();
    }

    /** The shortest run of which so many iterations have the full learning rate. */
    private int leastAfter(int done) {
        OptimizerConfig optimizer = config.optimizer();
        double falling = optimizer.schedule() == OptimizerConfig.Schedule.LINEAR ? optimizer.fallShare() : 0;
        return (int) Math.ceil(done / (1 - falling));
    }

    /** As many as end in time. */
    private int possible() {
        double elapsed = last().get(Metric.ELAPSED_SECONDS).orElseThrow();
        int every = config.evaluate().every();
        double onTheWay = every == 0 ? 0 : developmentPrompts * secondsPerMeasuredPicture() / every;
        double measured = 2. * config.evaluate().prompts() * config.evaluate().seeds() + developmentPrompts;
        double left = 60 * config.maxMinutes() - elapsed - measured * secondsPerMeasuredPicture();
        return last().iteration() + 1 + (int) Math.max(0, left / (secondsPerIteration() + onTheWay));
    }

    private Measurements last() {
        return seen.get(seen.size() - 1);
    }

    /** Wall time of an iteration of late, without measuring on the way. */
    double secondsPerIteration() {
        return median(one -> one.get(Metric.ITERATION_SECONDS).orElseThrow() - of(one, Phase.EVALUATE));
    }

    /** A picture that is measured takes all steps, where one in training shares some and leaves out others. */
    private double secondsPerMeasuredPicture() {
        int images = config.prompts().perIteration() * config.rollout().images();
        return median(one -> of(one, Phase.ROLLOUT)
                                * config.rollout().steps()
                                / one.get(Metric.NFE).orElseThrow()
                        + of(one, Phase.DECODE)
                        + of(one, Phase.REWARD))
                / images;
    }

    private static double of(Measurements one, Phase phase) {
        return one.get(Metric.SECONDS.key(phase.key())).orElseThrow();
    }

    /** Of the last iterations; the first of a process is left out where there are others: it compiles. */
    private double median(ToDoubleFunction<Measurements> number) {
        int late = Math.max(seen.size() > 1 ? 1 : 0, seen.size() - LATELY);
        return Median.of(seen.subList(late, seen.size()), number);
    }
}
