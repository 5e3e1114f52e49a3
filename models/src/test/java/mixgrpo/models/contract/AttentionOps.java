package mixgrpo.models.contract;

import static mixgrpo.models.contract.OpCase.given;

import java.util.Arrays;
import java.util.Map;
import mixgrpo.models.Array;
import org.junit.jupiter.api.Test;

/** Attention and rotary position embedding. */
interface AttentionOps extends Checks {

    /**
     * Scores near 1 have errors of some roundings, which the softmax passes on to its weights; outputs are means of values up to
     * 3.
     */
    double ATTENTION = 5e-6;

    @Test
    default void attentionAveragesValuesByTheSoftmaxOfScaledScores() {
        // Batch, heads, queries, keys, width.
        int[][] sizes = {{2, 2, 3, 3, 4}, {1, 3, 5, 2, 8}, {2, 1, 1, 7, 5}, {1, 1, 4, 1, 3}, {1, 2, 17, 19, 16}};
        for (int[] size : sizes) {
            for (double scale : new double[] {1 / Math.sqrt(size[4]), 1}) {
                check(operands(size)
                        .is(
                                "attention %s scale %s".formatted(Arrays.toString(size), scale),
                                (scope, in) -> in.get("q").attention(in.get("k"), in.get("v"), scale),
                                in -> attention(in, null, scale))
                        .within(ATTENTION, ATTENTION));
            }
        }
    }

    @Test
    default void attentionWithALargeScorePicksItsValue() {
        check(given().heads("q", 1, 1, 2, 4)
                .heads("k", 1, 1, 3, 4)
                .scaled(100)
                .heads("v", 1, 1, 3, 4)
                .is(
                        "attention with scores of thousands",
                        (scope, in) -> in.get("q").attention(in.get("k"), in.get("v"), 1),
                        in -> attention(in, null, 1))
                .within(ATTENTION, ATTENTION)
                .notSmooth());
    }

    @Test
    default void attentionAddsItsBiasToTheScores() {
        int[] size = {2, 3, 4, 5, 8};
        double scale = 1 / Math.sqrt(8);
        long[][] shapes = {{2, 3, 4, 5}, {1, 3, 4, 5}, {2, 1, 4, 5}, {2, 1, 1, 5}, {3, 4, 5}, {4, 5}};
        for (long[] shape : shapes) {
            check(operands(size)
                    .fixed("bias", shape)
                    .is(
                            "attention with bias " + Arrays.toString(shape),
                            (scope, in) -> in.get("q").attention(in.get("k"), in.get("v"), in.get("bias"), scale),
                            in -> attention(in, in.get("bias"), scale))
                    .within(ATTENTION, ATTENTION));
        }
    }

    @Test
    default void attentionBiasMasksKeys() {
        double scale = 0.5;
        for (float masked : new float[] {-1e4f, -3e38f}) {
            float[] causal = {0, masked, masked, 0, 0, masked, 0, 0, 0};
            check(operands(new int[] {1, 2, 3, 3, 4})
                    .input("bias", Array.of(causal, 1, 1, 3, 3))
                    .is(
                            "attention masked by " + masked,
                            (scope, in) -> in.get("q").attention(in.get("k"), in.get("v"), in.get("bias"), scale),
                            in -> attention(in, in.get("bias"), scale))
                    .within(ATTENTION, ATTENTION)
                    .notSmooth());
        }
    }

    private static OpCase.Given operands(int[] size) {
        return given().heads("q", size[0], size[1], size[2], size[4])
                .heads("k", size[0], size[1], size[3], size[4])
                .heads("v", size[0], size[1], size[3], size[4]);
    }

    private static Values attention(Map<String, Values> in, Values bias, double scale) {
        Values q = in.get("q");
        Values k = in.get("k");
        Values v = in.get("v");
        int keys = k.extent(2);
        return Values.generate(q.shape(), i -> {
            double[] scores = new double[keys];
            double largest = Double.NEGATIVE_INFINITY;
            for (int key = 0; key < keys; key++) {
                for (int d = 0; d < q.extent(3); d++) {
                    scores[key] += scale * q.at(i[0], i[1], i[2], d) * k.at(i[0], i[1], key, d);
                }
                scores[key] += bias == null ? 0 : bias.at(i[0], i[1], i[2], key);
                largest = Math.max(largest, scores[key]);
            }
            double sum = 0;
            double weighted = 0;
            for (int key = 0; key < keys; key++) {
                double weight = Math.exp(scores[key] - largest);
                sum += weight;
                weighted += weight * v.at(i[0], i[1], key, i[3]);
            }
            return weighted / sum;
        });
    }

    @Test
    default void rotaryTurnsNeighbouringPairs() {
        for (long[] shape : new long[][] {{1, 1, 1, 2}, {2, 3, 5, 8}, {1, 2, 7, 6}}) {
            int tokens = (int) shape[2];
            int width = (int) shape[3];
            float[] cos = new float[tokens * width];
            float[] sin = new float[tokens * width];
            for (int i = 0; i < cos.length; i++) {
                double angle = 0.7 * (i / 2) + 0.1;
                cos[i] = (float) Math.cos(angle);
                sin[i] = (float) Math.sin(angle);
            }
            check(given().heads("x", shape)
                    .table("cos", Array.of(cos, tokens, width))
                    .table("sin", Array.of(sin, tokens, width))
                    .is(
                            "rotary " + Arrays.toString(shape),
                            (scope, in) -> in.get("x").rotary(in.get("cos"), in.get("sin")),
                            in -> rotary(in.get("x"), in.get("cos"), in.get("sin"), -1))
                    .withinRoundings(
                            2,
                            in -> rotary(
                                    in.get("x").abs(),
                                    in.get("cos").abs(),
                                    in.get("sin").abs(),
                                    1)));
        }
    }

    /** {@code minus} is -1; with 1 and absolute values it gives the sum of the products' absolute values. */
    private static Values rotary(Values x, Values cos, Values sin, int minus) {
        return Values.generate(x.shape(), i -> {
            int partner = i[3] ^ 1;
            double turned = (i[3] % 2 == 0 ? minus : 1) * x.at(i[0], i[1], i[2], partner);
            return x.at(i) * cos.at(i[2], i[3]) + turned * sin.at(i[2], i[3]);
        });
    }
}
