package mixgrpo.tools;

import mixgrpo.runtime.workers.Workers;

/**
 * How many threads compute. For this process, before any engine or network is made: native libraries size their pools when they start.
 */
final class NativeThreads {

    private static final Integer GIVEN_WORKERS = Integer.getInteger(Workers.WORKERS);

    private NativeThreads() {}

    /** All calls by one thread of ours, with so many inside native libraries. */
    static void limit(int threads) {
        set(threads, 1);
    }

    /**
     * The same where it has to be so.
     *
     * @param command that it has to be so for
     * @throws IllegalArgumentException if the user has asked for more workers
     */
    static void alone(String command, int threads) {
        alone(command, threads, GIVEN_WORKERS);
    }

    static void alone(String command, int threads, Integer givenWorkers) {
        if (givenWorkers != null && givenWorkers > 1) {
            throw new IllegalArgumentException(
                    "-D%s: expected 1 with %s, which times parts one after the other, got %d; --threads N sets the threads of each"
                            .formatted(Workers.WORKERS, command, givenWorkers));
        }
        limit(threads);
    }

    /**
     * So many threads for parts that can be computed side by side: each has a worker, unless the user says otherwise
     * ({@link Workers#WORKERS}), and what is left over goes to native libraries.
     *
     * @param parts of the work, the prompts of an iteration
     */
    static void share(int threads, int parts) {
        set(threads, GIVEN_WORKERS == null ? Math.min(threads, parts) : GIVEN_WORKERS);
    }

    private static void set(int threads, int workers) {
        System.setProperty(Workers.THREADS, "" + threads);
        System.setProperty(Workers.WORKERS, "" + workers);
        System.setProperty("ai.djl.pytorch.num_threads", "" + Workers.threadsOfACall());
    }
}
