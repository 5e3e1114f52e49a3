package mixgrpo.runtime.workers;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fixed number of threads for parts that do not depend on each other: batches of latents, prompts of an update. Native libraries
 * that share one operation between threads wait at the end of each; with a part of its own a thread waits once. The caller is
 * worker 0 and computes, too. Used by one thread at a time.
 */
public final class Workers implements AutoCloseable {

    /** What is done with one part; a worker does one part at a time. */
    @FunctionalInterface
    public interface Part<T> {
        /**
         * @param worker 0 to {@link #count()} - 1
         * @param index of the part
         */
        T compute(int worker, int index);
    }

    /** Takes a part's result. */
    @FunctionalInterface
    public interface Result<T> {
        void accept(int worker, int index, T result);
    }

    /** The system property that says how many threads native libraries and workers have together; all processors without it. */
    public static final String THREADS = "mixgrpo.threads";

    /** The system property that says how many of these are workers; 1 without it. */
    public static final String WORKERS = "mixgrpo.workers";

    private final int count;
    private final ExecutorService threads; // all but the caller

    /** @param count at least 1; with 1 everything is done by the caller */
    public Workers(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("workers: expected 1 or more, got " + count);
        }
        this.count = count;
        threads = count == 1 ? null : Executors.newFixedThreadPool(count - 1, daemons());
    }

    /** As many as {@value #WORKERS} says. */
    public static Workers ofProcess() {
        return new Workers(countOfProcess());
    }

    /**
     * How many {@link #ofProcess} has.
     *
     * @throws IllegalArgumentException if {@value #WORKERS} is not a number of workers
     */
    public static int countOfProcess() {
        return number(WORKERS, 1);
    }

    /**
     * How many workers a process has that shares its threads among so many parts: as many as {@value #WORKERS} says, else one a part up
     * to the number of threads.
     *
     * @throws IllegalArgumentException if a property is not a number
     */
    public static int countFor(int parts) {
        return number(WORKERS, Math.min(threads(), parts));
    }

    /**
     * Threads that a native library may use in a call, so that all workers' calls together use {@value #THREADS}.
     *
     * @throws IllegalArgumentException if a property is not a number of threads
     */
    public static int threadsOfACall() {
        return Math.max(1, threads() / countOfProcess());
    }

    /** @throws IllegalArgumentException if {@value #THREADS} is not a number of threads */
    public static int threads() {
        return number(THREADS, Runtime.getRuntime().availableProcessors());
    }

    private static int number(String property, int otherwise) {
        String value = System.getProperty(property);
        if (value == null) {
            return otherwise;
        }
        if (!value.matches("[1-9][0-9]{0,3}")) {
            throw new IllegalArgumentException("-D%s: expected 1..9999, got '%s'".formatted(property, value));
        }
        return Integer.parseInt(value);
    }

    /** The calling thread alone. */
    public static Workers one() {
        return new Workers(1);
    }

    private static ThreadFactory daemons() {
        AtomicInteger number = new AtomicInteger(1);
        return task -> {
            Thread thread = new Thread(task, "worker-" + number.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        };
    }

    public int count() {
        return count;
    }

    /**
     * Computes all parts, in any order and at the same time, and hands over the results one after the other in the order of the parts:
     * sums that are made of them do not depend on the number of workers. A result is handed over by the worker that computed it,
     * before it begins another part.
     *
     * @throws RuntimeException what the first failing part threw; parts that had not begun are left out
     */
    public <T> void inOrder(int parts, Part<T> part, Result<T> result) {
        Turn turn = new Turn();
        AtomicInteger next = new AtomicInteger();
        each(worker -> {
            for (int index = next.getAndIncrement(); index < parts; index = next.getAndIncrement()) {
                try {
                    T computed = part.compute(worker, index);
                    if (!turn.await(index)) {
                        return;
                    }
                    result.accept(worker, index, computed);
                    turn.pass();
                } catch (RuntimeException | Error e) {
                    turn.end();
                    throw e;
                }
            }
        });
    }

    /** Does all parts, in any order and at the same time. See {@link #inOrder} for failures. */
    public void all(int parts, Part<?> part) {
        AtomicInteger next = new AtomicInteger();
        each(worker -> {
            for (int index = next.getAndIncrement(); index < parts; index = next.getAndIncrement()) {
                try {
                    part.compute(worker, index);
                } catch (RuntimeException | Error e) {
                    next.set(parts);
                    throw e;
                }
            }
        });
    }

    private interface Work {
        void of(int worker);
    }

    /** Returns when all workers are done, whatever happens to them. */
    private void each(Work work) {
        List<Future<?>> others = new ArrayList<>();
        for (int worker = 1; worker < count; worker++) {
            int number = worker;
            others.add(threads.submit(() -> work.of(number)));
        }
        Throwable failure = null;
        try {
            work.of(0);
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        for (Future<?> other : others) {
            failure = later(failure, finish(other));
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
    }

    /** Waits, also through interrupts: arrays are in use until a worker is done. */
    private static Throwable finish(Future<?> future) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    future.get();
                    return null;
                } catch (ExecutionException e) {
                    return e.getCause();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Throwable later(Throwable first, Throwable second) {
        if (first == null) {
            return second;
        }
        if (second != null) {
            first.addSuppressed(second);
        }
        return first;
    }

    /** Whose result is due. */
    private static final class Turn {
        private int due;
        private boolean ended;

        /** Whether it came, rather than that a part failed. */
        synchronized boolean await(int index) {
            boolean interrupted = false;
            while (due != index && !ended) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            return !ended;
        }

        synchronized void pass() {
            due++;
            notifyAll();
        }

        synchronized void end() {
            ended = true;
            notifyAll();
        }
    }

    @Override
    public void close() {
        if (threads != null) {
            threads.shutdown();
        }
    }
}
