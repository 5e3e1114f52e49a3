package mixgrpo.tools.bench;

import java.util.ArrayList;
import java.util.List;
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

    /** Wall and processor time each for itself. */
    static Spent median(List<Spent> samples) {
        return new Spent(Median.of(samples, Spent::wallSeconds), Median.of(samples, Spent::cpuSeconds));
    }
}
