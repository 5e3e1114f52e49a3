package mixgrpo.tools;

/** How many threads the native libraries compute with. */
final class NativeThreads {

    private NativeThreads() {}

    /** For this process, before any engine or network is made: both libraries size their pools when they start. */
    static void limit(int threads) {
        System.setProperty("mixgrpo.threads", "" + threads);
        System.setProperty("ai.djl.pytorch.num_threads", "" + threads);
    }
}
