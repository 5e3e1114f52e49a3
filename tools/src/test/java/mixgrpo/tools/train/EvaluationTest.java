package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;
import mixgrpo.tools.model.RolloutPolicy;
import mixgrpo.trainer.evaluate.Evaluation;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measurements of a micro model on prompts that are not trained on. */
class EvaluationTest {

    /** Another number of pictures at once makes sums in another order. */
    private static final double TOLERANCE = 2e-2;

    @TempDir
    private static Path folder;

    private static MicroModel model;

    @BeforeAll
    static void writeModel() throws IOException {
        model = MicroModel.write(folder, 4);
    }

    private static Evaluation.Result measure(RunSession session, Weights weights, int seeds) {
        return session.evaluate(weights, true, seeds, pictures -> {});
    }

    @Test
    void fewerSeedsAreTheBeginningOfMore() throws IOException {
        try (RunSession session = new RunSession(model.config("rewards.sharpness.weight=1"))) {
            List<Integer> progress = new ArrayList<>();
            Evaluation.Result three = session.evaluate(session.model().weights(), true, 3, progress::add);
            Evaluation.Result one = measure(session, session.model().weights(), 1);
            assertEquals(List.of(6), progress);
            assertEquals(2, three.pictures().size());
            for (int prompt = 0; prompt < 2; prompt++) {
                double[] values = three.rewards().get("sharpness")[prompt];
                assertEquals(3, Arrays.stream(values).distinct().count(), "every seed has noise of its own");
                assertEquals(values[0], one.rewards().get("sharpness")[prompt][0], TOLERANCE * Math.abs(values[0]));
                assertArrayEquals(
                        three.pictures().get(prompt).rgb(),
                        one.pictures().get(prompt).rgb(),
                        1e-3f);
            }
        }
    }

    @Test
    void baseAndTunedAreMeasuredAlikeInEveryRun() throws IOException {
        Evaluation.Result first;
        try (RunSession session = new RunSession(model.config("rewards.sharpness.weight=1"))) {
            first = measure(session, session.model().weights(), 2);
            // Before the first update the tuned weights are the base's: the same noise gives the same pictures.
            Evaluation.Result tuned = measure(session, session.policy().tunedWeights(), 2);
            assertSame(first, tuned);
            Evaluation.Result other = measure(session, MicroModel.transformer(5), 2);
            assertFalse(Arrays.deepEquals(
                    first.rewards().get("sharpness"), other.rewards().get("sharpness")));
            assertSame(first, measure(session, session.model().weights(), 2)); // nothing of the others is left
        }
        try (RunSession session = new RunSession(model.config("rewards.sharpness.weight=1", "seed=77"))) {
            assertSame(first, measure(session, session.model().weights(), 2));
        }
    }

    @Test
    void oneEngineDrawsForAllMeasurementsOfARun() throws IOException {
        try (RunSession session = new RunSession(model.config())) {
            RolloutPolicy first = session.drawing(MicroModel.transformer(5));
            assertTrue(first == session.drawing(session.model().weights()));
            Map<String, Array> more = new LinkedHashMap<>();
            Weights base = session.model().weights();
            base.shapes().forEach((key, shape) -> more.put(key, new Array(shape, base.floats(key))));
            more.put("pos_embed.pos_embed", Array.of(new float[2], 2));
            assertTrue(first == session.drawing(new ArrayWeights(more)), "a file may hold what is no parameter");
        }
    }

    private static void assertSame(Evaluation.Result expected, Evaluation.Result actual) {
        for (String reward : List.of("jpeg", "sharpness")) {
            for (int prompt = 0; prompt < 2; prompt++) {
                assertArrayEquals(
                        expected.rewards().get(reward)[prompt], actual.rewards().get(reward)[prompt], reward);
            }
        }
        assertArrayEquals(
                expected.pictures().get(1).rgb(), actual.pictures().get(1).rgb());
    }

    @Test
    void picturesThatFailedBeforeOrAfterAreLeftOutOfBoth() {
        double nan = Double.NaN;
        Evaluation.Pair pair = Evaluation.Pair.of(
                new double[][] {{.2, .4}, {nan, .5}, {nan, .1}}, new double[][] {{.6, .8}, {.9, .7}, {.3, nan}});
        assertArrayEquals(new double[] {.3, .5}, pair.before(), 1e-12);
        assertArrayEquals(new double[] {.7, .7}, pair.after(), 1e-12);
    }
}
