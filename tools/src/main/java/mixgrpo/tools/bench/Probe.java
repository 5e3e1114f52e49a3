package mixgrpo.tools.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import mixgrpo.trainer.metrics.Median;
import mixgrpo.trainer.metrics.PhaseClock;
import mixgrpo.trainer.metrics.PhaseClock.Spent;

/** The time of a piece of work by itself: a sample now and then, the median in the end. */
final class Probe {

    private static final double SECONDS_A_SAMPLE = .15;
    /** TorchScript watches a first run and optimises in the second. */
    private static final int RUNS_TO_WARM_UP = 3;

    private final Runnable work;
    private final List<Spent> samples = new ArrayList<>();
    private boolean warm;

    Probe(Runnable work) {
        this.work = work;
    }

    /** Does the work again and again for a moment. The first time is to warm up and does not count. */
    void sample() {
        PhaseClock clock = new PhaseClock();
        int times = 0;
        while (clock.total().wallSeconds() < SECONDS_A_SAMPLE || times < (warm ? 1 : RUNS_TO_WARM_UP)) {
            work.run();
            times++;
        }
        if (warm) {
            samples.add(clock.total().times(1. / times));
        }
        warm = true;
    }

    /** Time of the work done once. Without a sample so far, takes one. */
    Spent median() {
        while (samples.isEmpty()) {
            sample();
        }
        return median(samples);
    }

    /**
     * How often as fast this work is as another that was sampled in turn with it: the median of the ratios of samples that were taken one after the
     * other, so that a slow minute of the machine is in both.
     *
     * @param time that counts
     */
    double timesAsFastAs(Probe other, ToDoubleFunction<Spent> time) {
        return medianRatio(samples, other.samples, time);
    }

    /** @param ofOther as many samples */
    static double medianRatio(List<Spent> samples, List<Spent> ofOther, ToDoubleFunction<Spent> time) {
        if (samples.size() != ofOther.size()) {
            throw new IllegalArgumentException(
                    "expected samples in pairs, got %d and %d of the other".formatted(samples.size(), ofOther.size()));
        }
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            ratios.add(time.applyAsDouble(ofOther.get(i)) / time.applyAsDouble(samples.get(i)));
        }
        return Median.of(ratios, ratio -> ratio);
    }

    /** Wall and processor time each for itself. */
    static Spent median(List<Spent> samples) {
        return new Spent(Median.of(samples, Spent::wallSeconds), Median.of(samples, Spent::cpuSeconds));
    }
}
