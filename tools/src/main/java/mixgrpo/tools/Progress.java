package mixgrpo.tools;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How far a run is and when it will be done: one line that is written over on a terminal, elsewhere a plain line now and then. The
 * estimate is the mean time of the steps that this process has seen, so a resumed run is not told to be faster than it is.
 */
final class Progress {

    private static final Duration BETWEEN_PLAIN_LINES = Duration.ofSeconds(10);
    private static final int BAR = 20;

    private final Console console;
    private final String what;
    private int total;
    private final int first;
    private final LongSupplier nanoTime;
    private final long start;
    private long printed;
    private String line = "";

    /**
     * @param what is counted, "iteration" for one
     * @param first steps that were done before this process began
     * @param total steps
     */
    Progress(Console console, String what, int first, int total) {
        this(console, what, first, total, System::nanoTime);
    }

    Progress(Console console, String what, int first, int total, LongSupplier nanoTime) {
        this.console = console;
        this.what = what;
        this.first = first;
        this.total = total;
        this.nanoTime = nanoTime;
        start = nanoTime.getAsLong();
        printed = start - BETWEEN_PLAIN_LINES.toNanos();
    }

    /**
     * Says that {@code done} of all steps are done.
     *
     * @param remark what the last one has brought, a few words
     */
    void update(int done, String remark) {
        long now = nanoTime.getAsLong();
        String text = "%s %d/%d  %s%s".formatted(what, done, total, remark, estimate(done, now - start));
        if (console.live()) {
            int filled = (int) ((long) BAR * done / total);
            String bar = "[%s%s] ".formatted("=".repeat(filled), " ".repeat(BAR - filled));
            String next = (bar + text).substring(0, Math.min(bar.length() + text.length(), console.columns() - 1));
            write(next);
        } else if (done == total || now - printed >= BETWEEN_PLAIN_LINES.toNanos()) {
            console.print("%s%n".formatted(text));
            printed = now;
        }
    }

    /** From now on there are so many steps. */
    void total(int steps) {
        total = steps;
    }

    /** Prints a line of its own; a live line moves below it. */
    void say(String text) {
        String live = line;
        if (console.live()) {
            write("");
        }
        console.print("%s%n".formatted(text));
        if (console.live()) {
            write(live);
        }
    }

    /** Leaves the live line as it is; what is printed next comes below. */
    void end() {
        if (!line.isEmpty()) {
            console.print("%n".formatted());
            line = "";
        }
    }

    private void write(String next) {
        console.print("\r" + next + " ".repeat(Math.max(0, line.length() - next.length())) + "\r" + next);
        line = next;
    }

    private String estimate(int done, long nanos) {
        if (done <= first || done == total) {
            return "";
        }
        long left = Math.round(nanos * 1e-9 / (done - first) * (total - done));
        return "  ETA %s".formatted(clock(left));
    }

    /** Seconds as 1:02:03 or 2:03. */
    static String clock(long seconds) {
        return seconds >= 3600
                ? "%d:%02d:%02d".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60)
                : "%d:%02d".formatted(seconds / 60, seconds % 60);
    }
}
