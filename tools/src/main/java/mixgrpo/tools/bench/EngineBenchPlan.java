package mixgrpo.tools.bench;

import mixgrpo.tools.failure.GivenException;

/**
 * How engines are measured.
 *
 * @param batch pictures of a pass
 * @param threads of the engines and of libtorch
 * @param repeat samples of each time, after one to warm up
 * @param large whether the sync of a hundred million parameters is measured, too, which takes 5 GB of memory
 */
public record EngineBenchPlan(int batch, int threads, int repeat, boolean large) {

    public EngineBenchPlan {
        check("--batch", batch);
        check("--threads", threads);
        check("--repeat", repeat);
    }

    private static void check(String option, int value) {
        if (value < 1) {
            throw new GivenException("%s: expected 1 or more, got %d".formatted(option, value));
        }
    }
}
