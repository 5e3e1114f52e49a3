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
