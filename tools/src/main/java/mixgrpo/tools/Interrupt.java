package mixgrpo.tools;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ctrl-C and SIGTERM as a question that a long run asks itself: it ends what it is doing, saves and returns. The process waits for that,
 * a while at most, and ends with the code of an interrupted one.
 */
final class Interrupt implements AutoCloseable {

    private final AtomicBoolean requested = new AtomicBoolean();
    private final CountDownLatch saved = new CountDownLatch(1);
    private final Thread hook;

    private Interrupt(Console console, long patienceSeconds) {
        hook = new Thread(() -> stop(console, patienceSeconds), "interrupt");
    }

    /**
     * From now on the process, when it is told to end, waits until this is closed.
     *
     * @param patienceSeconds it waits at most
     */
    static Interrupt listen(Console console, long patienceSeconds) {
        Interrupt interrupt = new Interrupt(console, patienceSeconds);
        Runtime.getRuntime().addShutdownHook(interrupt.hook);
        return interrupt;
    }

    private void stop(Console console, long patienceSeconds) {
        requested.set(true);
        console.remark("%nstopping: the iteration at hand is ended and saved%n".formatted());
        try {
            if (!saved.await(patienceSeconds, TimeUnit.SECONDS)) {
                console.remark("not saved within %d seconds%n".formatted(patienceSeconds));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the process was told to end. */
    boolean requested() {
        return requested.get();
    }

    /** Says that everything is saved. */
    @Override
    public void close() {
        saved.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already, and this is what it was waiting for.
        }
    }
}
