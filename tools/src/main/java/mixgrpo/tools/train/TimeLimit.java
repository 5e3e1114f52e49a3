package mixgrpo.tools.train;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.ToDoubleFunction;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Median;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.Phase;

/**
 * How many iterations a run has time for ({@code maxMinutes}). It is decided once, early: until the learning rate begins to fall, a
 * run is the same as one that was to have so many iterations from its beginning.
 */
final class TimeLimit {

    /** Iterations after which it is decided. */
    static final int DECIDED_AFTER = 8;

    /** A run shorter than this shows nothing. */
    static final int FEWEST = 20;

    private final TrainConfig config;
    private final int developmentPrompts;
    private final List<Measurements> seen = new ArrayList<>();
    private boolean decided;

    TimeLimit(TrainConfig config, int developmentPrompts) {
        this.config = config;
        this.developmentPrompts = developmentPrompts;
    }

    /** An iteration of this process, with its times. */
    void add(Measurements measurements) {
        if (measurements.iteration() < DECIDED_AFTER) {
            seen.add(measurements);
        }
    }

    /** How many iterations there shall be, if these are fewer than planned and it is time to decide. */
    OptionalInt fewer(int planned) {
        if (config.maxMinutes() == 0 || decided || seen.isEmpty() || last().iteration() + 1 != DECIDED_AFTER) {
            return OptionalInt.empty();
        }
        double elapsed = last().get(Metric.ELAPSED_SECONDS).orElseThrow();
        int every = config.evaluate().every();
        double onTheWay = every == 0 ? 0 : developmentPrompts * secondsPerMeasuredPicture() / every;
        double measured = 2. * config.evaluate().prompts() * config.evaluate().seeds() + developmentPrompts;
        double left = 60 * config.maxMinutes() - elapsed - measured * secondsPerMeasuredPicture();
        int possible = DECIDED_AFTER + (int) Math.max(0, left / (secondsPerIteration() + onTheWay));
        decided = true;
        int iterations = Math.max(FEWEST, possible);
        return iterations < planned ? OptionalInt.of(iterations) : OptionalInt.empty();
    }

    private Measurements last() {
        return seen.get(seen.size() - 1);
    }

    /** Wall time of an iteration, without measuring on the way. */
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

    /** The first iteration of a process is left out where there are others: it compiles. */
    private double median(ToDoubleFunction<Measurements> number) {
        return Median.of(seen.subList(seen.size() > 1 ? 1 : 0, seen.size()), number);
    }
}
