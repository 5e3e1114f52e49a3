package mixgrpo.models.weights;

import static mixgrpo.models.weights.Problems.quoted;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;

/** Whether weights are those that a network needs, and whether their values are numbers. */
public final class WeightsCheck {

    private WeightsCheck() {}

    /**
     * Compares keys and shapes, whole, before anything is read.
     *
     * @param expected the shapes of the network's parameters by key
     * @param source what the weights came from, for the message: a path
     * @throws IllegalArgumentException if keys are missing, unexpected or misshapen; names them all
     */
    public static void same(Map<String, long[]> expected, Weights weights, String source) {
        same(expected, weights.shapes(), source);
    }

    /** As {@link #same(Map, Weights, String)}, of the shapes of weights. */
    public static void same(Map<String, long[]> expected, Map<String, long[]> actual, String source) {
        Problems problems = new Problems();
        expected.forEach((key, shape) -> {
            long[] found = actual.get(key);
            if (found == null) {
                problems.add("missing %s %s", quoted(key), Arrays.toString(shape));
            } else if (!Arrays.equals(shape, found)) {
                problems.add(
                        "%s: expected shape %s, got %s", quoted(key), Arrays.toString(shape), Arrays.toString(found));
            }
        });
        actual.forEach((key, shape) -> {
            if (!expected.containsKey(key)) {
                problems.add("unexpected %s %s", quoted(key), Arrays.toString(shape));
            }
        });
        if (problems.any()) {
            throw new IllegalArgumentException(
                    problems.message(source + " does not fit the network (is it another model, or is config.json?)"));
        }
    }

    /**
     * How many values of an array are no numbers.
     *
     * @param nan not-a-number
     * @param infinite of either sign
     */
    public record NotFinite(long nan, long infinite) {

        /** Those of an array in memory. */
        public static NotFinite in(float[] values) {
            return in(FloatBuffer.wrap(values));
        }

        /** Those that remain; the buffer is then at its end. */
        private static NotFinite in(FloatBuffer values) {
            long nan = 0;
            long infinite = 0;
            while (values.hasRemaining()) {
                float value = values.get();
                if (Float.isNaN(value)) {
                    nan++;
                } else if (Float.isInfinite(value)) {
                    infinite++;
                }
            }
            return new NotFinite(nan, infinite);
        }

        /** Whether there are such values. */
        public boolean any() {
            return nan + infinite > 0;
        }

        private NotFinite plus(NotFinite other) {
            return new NotFinite(nan + other.nan, infinite + other.infinite);
        }
    }

    /**
     * Reads every value once, in little memory, and counts those that are no numbers; arrays that have none are left
     * out.
     */
    public static Map<String, NotFinite> notFinite(Weights weights) {
        return notFinite(weights, ReadProgress.UNWATCHED);
    }

    private static Map<String, NotFinite> notFinite(Weights weights, ReadProgress progress) {
        long all = weights.shapes().values().stream().mapToLong(Array::elements).sum();
        long[] done = new long[1];
        Map<String, NotFinite> found = new LinkedHashMap<>();
        for (String key : weights.shapes().keySet()) {
            NotFinite[] count = {new NotFinite(0, 0)};
            weights.pieces(key, piece -> {
                done[0] += piece.remaining();
                count[0] = count[0].plus(NotFinite.in(piece));
                progress.update(done[0], all);
            });
            if (count[0].any()) {
                found.put(key, count[0]);
            }
        }
        return found;
    }

    /**
     * Reads every value once.
     *
     * @throws IllegalArgumentException if some are no numbers; names the arrays and counts
     */
    public static void finite(Weights weights, String source) {
        finite(weights, source, ReadProgress.UNWATCHED);
    }

    /**
     * As {@link #finite(Weights, String)}.
     *
     * @param progress told the number of values that were looked at, piece by piece
     */
    public static void finite(Weights weights, String source, ReadProgress progress) {
        Problems problems = new Problems();
        notFinite(weights, progress)
                .forEach((key, count) ->
                        problems.add("%s: %d NaN, %d infinite", quoted(key), count.nan(), count.infinite()));
        if (problems.any()) {
            throw new IllegalArgumentException(problems.message(
                    source + " holds values that are no numbers (was it saved while training diverged?)"));
        }
    }
}
