package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import mixgrpo.tools.config.Configuration;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.Metric;
import mixgrpo.trainer.metrics.Phase;
import org.junit.jupiter.api.Test;

class TimeLimitTest {

    private static final int DEVELOPMENT = 100;

    private static TrainConfig config(String... arguments) throws IOException {
        return Configuration.load("quickstart", List.of(), List.of(arguments)).config();
    }

    /** 144 pictures at 3 calls each: 5 s, of which a picture that is measured takes a 144th of 2.88 * 10 / 3 + .96. */
    private static Measurements iteration(int number, double seconds) {
        return iteration(number, seconds, 15 + 5 * number);
    }

    private static Measurements iteration(int number, double seconds, double elapsed) {
        return new Measurements(number)
                .put(Metric.ITERATION_SECONDS, seconds)
                .put(Metric.ELAPSED_SECONDS, elapsed)
                .put(Metric.NFE, 3)
                .put(Metric.SECONDS, Phase.ROLLOUT, 2.88)
                .put(Metric.SECONDS, Phase.DECODE, .66)
                .put(Metric.SECONDS, Phase.REWARD, .3)
                .put(Metric.SECONDS, Phase.EVALUATE, 0);
    }

    private static OptionalInt after(TimeLimit limit, int first, int done, int planned) {
        IntStream.range(first, done).forEach(i -> limit.add(iteration(i, i == first ? 30 : 5)));
        return limit.fewer(planned);
    }

    @Test
    void iterationsFillTheTimeThatIsLeft() throws IOException {
        TrainConfig config = config("maxMinutes=10", "evaluate.prompts=128", "evaluate.seeds=4", "evaluate.every=50");
        double picture = (2.88 * 10 / 3 + .96) / 144;
        double left = 600 - 50 - (2 * 128 * 4 + DEVELOPMENT) * picture;
        int expected = 8 + (int) (left / (5 + DEVELOPMENT * picture / 50));
        assertEquals(OptionalInt.of(expected), after(new TimeLimit(config, DEVELOPMENT, 0), 0, 8, 150));
        assertEquals(OptionalInt.empty(), after(new TimeLimit(config, DEVELOPMENT, 0), 0, 8, expected));
    }

    @Test
    void aMachineThatBecomesSlowMakesFewer() throws IOException {
        TrainConfig config = config("maxMinutes=10", "evaluate.prompts=128", "evaluate.seeds=1", "evaluate.every=0");
        TimeLimit limit = new TimeLimit(config, DEVELOPMENT, 0);
        int first = after(limit, 0, 8, 1000).getAsInt();
        int third = first / 3;
        for (int i = 8; i < third; i++) {
            limit.add(iteration(i, 7, 50 + 7 * (i - 7)));
            assertEquals(i + 1 == third, limit.fewer(first).isPresent(), "after iteration " + i);
        }
        double picture = (2.88 * 10 / 3 + .96) / 144;
        double left = 600 - (50 + 7 * (third - 8)) - (2 * 128 + DEVELOPMENT) * picture;
        assertEquals(OptionalInt.of(third + (int) (left / 7)), limit.fewer(first));
    }

    /** The learning rate must not have been falling already: half of a run has the full one. */
    @Test
    void theSecondDecisionLeavesEnoughForTheFall() throws IOException {
        TimeLimit limit = new TimeLimit(config("maxMinutes=10", "evaluate.every=0"), DEVELOPMENT, 0);
        int first = after(limit, 0, 8, 1000).getAsInt();
        int third = first / 3;
        for (int i = 8; i < third; i++) {
            limit.add(iteration(i, 50, 50 * i));
        }
        assertEquals(OptionalInt.of((int) Math.ceil(third / .5)), limit.fewer(first));
    }

    @Test
    void itIsDecidedEarlyAndOnceMore() throws IOException {
        TrainConfig config = config("maxMinutes=10");
        assertEquals(OptionalInt.empty(), after(new TimeLimit(config, DEVELOPMENT, 0), 0, 7, 1000));
        TimeLimit limit = new TimeLimit(config, DEVELOPMENT, 0);
        int decided = after(limit, 0, 8, 1000).getAsInt();
        limit.add(iteration(8, 5));
        assertEquals(OptionalInt.empty(), limit.fewer(decided));
        assertEquals(OptionalInt.empty(), after(new TimeLimit(config, DEVELOPMENT, 25), 25, 33, 1000));
    }

    /** A run that was killed after the first decision looks at the time again where it would have. */
    @Test
    void aRunThatGoesOnLooksAgainToo() throws IOException {
        TrainConfig config = config("maxMinutes=10", "evaluate.every=0", "iterations=90");
        TimeLimit limit = new TimeLimit(config, DEVELOPMENT, 20);
        for (int i = 20; i < 30; i++) {
            limit.add(iteration(i, 50, 50 * i));
            assertEquals(i + 1 == 30, limit.fewer(90).isPresent(), "after iteration " + i);
        }
        assertEquals(OptionalInt.of(60), limit.fewer(90));
        TimeLimit later = new TimeLimit(config, DEVELOPMENT, 40);
        for (int i = 40; i < 90; i++) {
            later.add(iteration(i, 50, 50 * i));
            assertEquals(OptionalInt.empty(), later.fewer(90));
        }
    }

    @Test
    void aRunThatGoesOnBeforeTheDecisionMakesIt() throws IOException {
        TrainConfig config = config("maxMinutes=10");
        assertEquals(
                after(new TimeLimit(config, DEVELOPMENT, 0), 0, 8, 1000),
                after(new TimeLimit(config, DEVELOPMENT, 5), 5, 8, 1000));
    }

    @Test
    void thereIsALeast() throws IOException {
        TrainConfig config = config("maxMinutes=0.1");
        assertEquals(OptionalInt.of(TimeLimit.FEWEST), after(new TimeLimit(config, DEVELOPMENT, 0), 0, 8, 1000));
        assertEquals(OptionalInt.empty(), after(new TimeLimit(config, DEVELOPMENT, 0), 0, 8, TimeLimit.FEWEST));
    }

    @Test
    void withoutALimitAllAreMade() throws IOException {
        assertEquals(
                OptionalInt.empty(), after(new TimeLimit(config("maxMinutes=0"), DEVELOPMENT, 0), 0, 8, 1_000_000));
    }
}
