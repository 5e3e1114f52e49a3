package mixgrpo.trainer.metrics;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.Map;

/**
 * Wall time and processor time by phase since it was made. Phases do not overlap: one that starts within another stops that
 * one's time until it ends. For one thread.
 */
public final class PhaseClock {

    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /**
     * @param wallSeconds that went by
     * @param cpuSeconds of all threads of the process together
     */
    public record Spent(double wallSeconds, double cpuSeconds) {

        public static final Spent NOTHING = new Spent(0, 0);

        public Spent plus(Spent more) {
            return new Spent(wallSeconds + more.wallSeconds, cpuSeconds + more.cpuSeconds);
        }

        public Spent times(double factor) {
            return new Spent(factor * wallSeconds, factor * cpuSeconds);
        }

        private Spent since(Spent then) {
            return new Spent(wallSeconds - then.wallSeconds, cpuSeconds - then.cpuSeconds);
        }

        private static Spent now() {
            return new Spent(System.nanoTime() * 1e-9, PROCESS.getProcessCpuTime() * 1e-9);
        }
    }

    /** What a phase does. */
    public interface Work<T, E extends Exception> {
        T run() throws E;
    }

    private final Map<Phase, Spent> spent = new EnumMap<>(Phase.class);
    private final Spent start = Spent.now();
    private Phase current;
    private Spent since;

    /** Does the work and counts its time to the phase, also if it fails. */
    public <T, E extends Exception> T time(Phase phase, Work<T, E> work) throws E {
        Phase outer = current;
        change(phase);
        try {
            return work.run();
        } finally {
            change(outer);
        }
    }

    private void change(Phase next) {
        Spent now = Spent.now();
        if (current != null) {
            spent.merge(current, now.since(since), Spent::plus);
        }
        current = next;
        since = now;
    }

    /** What ended phases have taken. */
    public Spent of(Phase phase) {
        return spent.getOrDefault(phase, Spent.NOTHING);
    }

    /** What has been taken since this clock was made, phases and all between them. */
    public Spent total() {
        return Spent.now().since(start);
    }

    /** Puts {@link Metric#SECONDS} and {@link Metric#SHARE} of every phase and {@link Metric#ITERATION_SECONDS}. */
    public void report(Measurements measurements) {
        double total = total().wallSeconds();
        measurements.put(Metric.ITERATION_SECONDS, total);
        for (Phase phase : Phase.values()) {
            double seconds = of(phase).wallSeconds();
            measurements.put(Metric.SECONDS, phase, seconds);
            measurements.put(Metric.SHARE, phase, seconds / total);
        }
    }
}
