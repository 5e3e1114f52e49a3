package mixgrpo.tools;

import java.util.function.LongSupplier;
import mixgrpo.models.weights.ReadProgress;
import mixgrpo.tools.train.Reading;

/** Lines of progress about reading, each there only if it takes its time. */
final class LateProgress implements Reading {

    private static final long SILENT_NANOS = 3_000_000_000L;
    private static final int PERCENT = 100;

    private final Console console;
    private final LongSupplier nanoTime;
    private String what = "";
    private long start;
    private Progress progress;
    private int shown;

    LateProgress(Console console) {
        this(console, System::nanoTime);
    }

    LateProgress(Console console, LongSupplier nanoTime) {
        this.console = console;
        this.nanoTime = nanoTime;
    }

    @Override
    public ReadProgress of(String large) {
        return (done, all) -> update("percent of " + large, (int) (PERCENT * (double) done / all), PERCENT);
    }

    @Override
    public void prompts(int done, int all) {
        update("prompt read", done, all);
    }

    private void update(String now, int done, int all) {
        if (!now.equals(what)) {
            end();
            what = now;
            start = nanoTime.getAsLong();
            shown = -1;
        }
        if (progress == null) {
            if (done == all) {
                what = "";
                return;
            }
            if (nanoTime.getAsLong() - start < SILENT_NANOS) {
                return; // perhaps it is over in a moment
            }
            progress = new Progress(console, now, done, all, nanoTime);
        }
        if (done != shown) {
            progress.update(done, "");
            shown = done;
        }
        if (done == all) {
            end();
        }
    }

    /** Leaves the last line as it is; the next one stands below. */
    void end() {
        if (progress != null) {
            progress.end();
            progress = null;
        }
        what = "";
    }
}
