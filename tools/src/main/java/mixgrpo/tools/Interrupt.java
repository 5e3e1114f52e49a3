package mixgrpo.tools;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ctrl-C and SIGTERM as a question that a long run asks itself: it ends what it is doing, saves and returns. Who asks a second time does
 * not get that: the process ends at once.
 */
final class Interrupt implements AutoCloseable {

    private final AtomicBoolean requested = new AtomicBoolean();
    private final Signals signals;

    private Interrupt(Console console) {
        signals = Signals.handle(() -> {
            if (requested.getAndSet(true)) {
                Runtime.getRuntime().halt(ExitCode.INTERRUPTED.code());
            }
            console.remark("%nstopping: what is at hand is ended and saved; once more ends at once%n".formatted());
        });
    }

    /** From now on, until this is closed, the process does not end by itself when it is told to. */
    static Interrupt listen(Console console) {
        return new Interrupt(console);
    }

    /** Whether the process was told to end. */
    boolean requested() {
        return requested.get();
    }

    @Override
    public void close() {
        signals.close();
    }
}
