package mixgrpo.models.contract;

import static mixgrpo.models.contract.OpCase.given;

import java.util.Arrays;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What a {@link mixgrpo.models.Scope} makes of parameters. */
interface LayerOps extends Checks {

    @Test
    default void paramIsTheParameterOfThatName() {
        check(given().rows("x", 2, 3)
                .weight("scale_shift.table", 3, 2)
                .is(
                        "param as the right operand",
                        (scope, in) -> in.get("x").matmul(scope.param("scale_shift.table", 3, 2)),
                        in -> linear(in.get("x"), transposed(in.get("scale_shift.table")), null))
                .withinRoundings(
                        3,
                        in -> linear(
                                in.get("x").abs(),
                                transposed(in.get("scale_shift.table")).abs(),
                                null)));
        check(given().rows("x", 2, 3)
                .weight("scale", 3)
                .is(
                        "param as the left operand",
                        (scope, in) -> scope.param("scale", 3).times(in.get("x")),
                        in -> in.get("x").with(in.get("scale"), (a, b) -> a * b))
                .within(OpCase.ROUNDING, 0));
        check(given().rows("x", 2, 3)
                .weight("token", 1, 3)
                .is(
                        "param used twice",
                        (scope, in) ->
                                in.get("x").minus(scope.param("token", 1, 3)).concat(0, scope.param("token", 1, 3)),
                        in -> Values.generate(
                                new int[] {3, 3},
                                i -> (i[0] < 2 ? in.get("x").at(i) : 0)
                                        + (i[0] < 2 ? -1 : 1) * in.get("token").at(i)))
                .within(OpCase.ROUNDING, 0));
    }

    private static Values transposed(Values x) {
        return Values.generate(new int[] {x.extent(1), x.extent(0)}, i -> x.at(i[1], i[0]));
    }

    @Test
    default void linearMultipliesTheLastAxisByTheTransposedWeight() {
        for (long[] shape : new long[][] {{2, 3}, {1, 1}, {2, 3, 5}, {2, 2, 3, 7}, {3, 33}}) {
            int in = (int) shape[shape.length - 1];
            for (int out : new int[] {1, 4}) {
                check(given().rows("x", shape)
                        .weight("proj.weight", out, in)
                        .weight("proj.bias", out)
                        .is(
                                "linear %s to %d".formatted(Arrays.toString(shape), out),
                                (scope, carry) -> scope.linear("proj", carry.get("x"), in, out),
                                values -> linear(values, value -> value))
                        .withinRoundings(in + 1, values -> linear(values, Values::abs))
                        .byLayer());
            }
        }
    }

    private static Values linear(Map<String, Values> in, UnaryOperator<Values> each) {
        return linear(each.apply(in.get("x")), each.apply(in.get("proj.weight")), each.apply(in.get("proj.bias")));
    }

    @Test
    default void linearWithoutBiasHasNoBias() {
        check(given().rows("x", 2, 3, 5)
                .weight("proj.weight", 4, 5)
                .is(
                        "linearWithoutBias",
                        (scope, in) -> scope.linearWithoutBias("proj", in.get("x"), 5, 4),
                        in -> linear(in.get("x"), in.get("proj.weight"), null))
                .withinRoundings(
                        5, in -> linear(in.get("x").abs(), in.get("proj.weight").abs(), null))
                .byLayer());
    }

    private static Values linear(Values x, Values weight, Values bias) {
        return Values.generate(Values.replace(x.shape(), -1, weight.extent(0)), index -> {
            int out = index[index.length - 1];
            double sum = bias == null ? 0 : bias.at(out);
            for (int k = 0; k < weight.extent(1); k++) {
                sum += x.at(Values.replace(index, -1, k)) * weight.at(out, k);
            }
            return sum;
        });
    }

    @Test
    default void conv2dSumsOverAWindowOfZeroPaddedPixels() {
        // Kernel, stride, padding, height, width.
        int[][] settings = {
            {1, 1, 0, 3, 5},
            {3, 1, 1, 4, 5},
            {3, 2, 0, 5, 7},
            {3, 2, 1, 4, 5},
            {2, 2, 0, 4, 6},
            {3, 1, 0, 3, 3},
            {3, 1, 2, 1, 2}
        };
        for (int[] s : settings) {
            check(given().image("x", 2, 3, s[3], s[4])
                    .weight("conv.weight", 4, 3, s[0], s[0])
                    .weight("conv.bias", 4)
                    .is(
                            "conv2d kernel, stride, padding, height, width " + Arrays.toString(s),
                            (scope, in) -> scope.conv2d("conv", in.get("x"), 3, 4, s[0], s[1], s[2]),
                            in -> conv2d(in, value -> value, s[1], s[2]))
                    .withinRoundings(3 * s[0] * s[0] + 1, in -> conv2d(in, Values::abs, s[1], s[2]))
                    .byLayer());
        }
    }

    private static Values conv2d(Map<String, Values> in, UnaryOperator<Values> each, int stride, int padding) {
        Values x = each.apply(in.get("x"));
        Values weight = each.apply(in.get("conv.weight"));
        Values bias = each.apply(in.get("conv.bias"));
        int kernel = weight.extent(2);
        int height = x.extent(2);
        int width = x.extent(3);
        int[] shape = {
            x.extent(0),
            weight.extent(0),
            (height + 2 * padding - kernel) / stride + 1,
            (width + 2 * padding - kernel) / stride + 1
        };
        return Values.generate(shape, i -> {
            double sum = bias.at(i[1]);
            for (int channel = 0; channel < x.extent(1); channel++) {
                for (int r = 0; r < kernel; r++) {
                    for (int c = 0; c < kernel; c++) {
                        int row = i[2] * stride + r - padding;
                        int column = i[3] * stride + c - padding;
                        if (row >= 0 && row < height && column >= 0 && column < width) {
                            sum += x.at(i[0], channel, row, column) * weight.at(i[1], channel, r, c);
                        }
                    }
                }
            }
            return sum;
        });
    }

    @Test
    default void embeddingPicksRows() {
        Object[][] cases = {
            {new float[] {4, 0, 4, 2}, new long[] {4}},
            {new float[] {0, 1, 2, 3, 4, 4}, new long[] {2, 3}},
            {new float[] {3}, new long[] {1, 1}},
        };
        for (Object[] each : cases) {
            int[] shape = Arrays.stream((long[]) each[1])
                    .mapToInt(extent -> (int) extent)
                    .toArray();
            int[] picked = Arrays.copyOf(shape, shape.length + 1);
            picked[shape.length] = 3;
            check(given().ids("ids", (float[]) each[0], (long[]) each[1])
                    .weight("table.weight", 5, 3)
                    .is(
                            "embedding of ids " + Arrays.toString(shape),
                            (scope, in) -> scope.embedding("table", in.get("ids"), 5, 3),
                            in -> Values.generate(picked, i -> in.get("table.weight")
                                    .at((int) in.get("ids").at(Arrays.copyOf(i, shape.length)), i[shape.length]))));
        }
    }

    @Test
    default void tapReturnsItsValue() {
        check(given().rows("x", 2, 3)
                .is(
                        "tap",
                        (scope, in) -> scope.tap("inner", in.get("x").plus(1)).plus(1),
                        in -> in.get("x").map(x -> x + 2))
                .within(2 * OpCase.ROUNDING, 2 * OpCase.ROUNDING));
    }
}
