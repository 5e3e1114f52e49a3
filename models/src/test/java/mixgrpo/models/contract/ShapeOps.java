package mixgrpo.models.contract;

import static mixgrpo.models.contract.OpCase.given;

import java.util.Arrays;
import java.util.List;
import mixgrpo.models.Tensor;
import org.junit.jupiter.api.Test;

/** Operations that only move elements: exact. */
interface ShapeOps extends Checks {

    @Test
    default void reshapeCopiesExtentsForZeroAndInfersOneForMinusOne() {
        reshape(new long[] {2, 3, 4}, new int[] {24}, 24);
        reshape(new long[] {2, 3, 4}, new int[] {24}, -1);
        reshape(new long[] {2, 3, 4}, new int[] {2, 12}, 0, -1);
        reshape(new long[] {2, 3, 4}, new int[] {2, 3, 2, 2}, 0, 0, -1, 2);
        reshape(new long[] {2, 3, 4}, new int[] {2, 3, 4, 1}, 0, 0, 0, 1);
        reshape(new long[] {2, 15}, new int[] {2, 1, 5, 3}, 0, 1, -1, 3);
        reshape(new long[] {1, 1}, new int[] {1}, -1);
        reshape(new long[] {3, 6}, new int[] {2, 3, 3}, 2, 3, -1);
    }

    private void reshape(long[] from, int[] to, long... dims) {
        check(given().rows("x", from)
                .is(
                        "%s reshape %s".formatted(Arrays.toString(from), Arrays.toString(dims)),
                        (scope, in) -> in.get("x").reshape(dims),
                        in -> in.get("x").reshaped(to)));
    }

    @Test
    default void reshapeReadsAPermutedValueInItsNewOrder() {
        check(given().rows("x", 2, 3, 4)
                .is(
                        "permute, then reshape",
                        (scope, in) -> in.get("x").permute(0, 2, 1).reshape(0, -1),
                        in -> permuted(in.get("x"), 0, 2, 1).reshaped(2, 12)));
    }

    @Test
    default void reshapeLikeTakesTheShapeOfAnother() {
        Object[][] cases = {
            {new long[] {2, 3, 20}, new long[] {2, 3, 4, 5}},
            {new long[] {2, 3, 4, 5}, new long[] {6, 20}},
            {new long[] {1, 1}, new long[] {1}},
        };
        for (Object[] each : cases) {
            int[] shape =
                    Arrays.stream((long[]) each[1]).mapToInt(Math::toIntExact).toArray();
            check(given().rows("x", (long[]) each[0])
                    .rows("like", (long[]) each[1])
                    .is(
                            "%s reshapeLike %s"
                                    .formatted(Arrays.toString((long[]) each[0]), Arrays.toString((long[]) each[1])),
                            (scope, in) -> in.get("x").reshapeLike(in.get("like")),
                            in -> in.get("x").reshaped(shape)));
        }
    }

    @Test
    default void permuteReordersAxes() {
        int[][] orders = {{0, 2, 1, 3}, {3, 2, 1, 0}, {0, 1, 2, 3}, {0, 2, 3, 1}, {0, -1, -3, -2}};
        for (int[] order : orders) {
            check(given().rows("x", 2, 3, 4, 5)
                    .is(
                            "permute " + Arrays.toString(order),
                            (scope, in) -> in.get("x").permute(order),
                            in -> permuted(in.get("x"), order)));
        }
        check(given().rows("x", 3, 1)
                .is("transpose", (scope, in) -> in.get("x").permute(1, 0), in -> permuted(in.get("x"), 1, 0)));
    }

    private static Values permuted(Values x, int... order) {
        int[] axes = new int[order.length];
        int[] shape = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            axes[i] = order[i] < 0 ? order[i] + order.length : order[i];
            shape[i] = x.extent(axes[i]);
        }
        return Values.generate(shape, index -> {
            int[] source = new int[index.length];
            for (int i = 0; i < index.length; i++) {
                source[axes[i]] = index[i];
            }
            return x.at(source);
        });
    }

    @Test
    default void chunkCutsEqualPieces() {
        int[][] partsAndAxis = {{2, 0}, {3, 1}, {3, -2}, {6, 2}, {2, -1}, {1, -1}};
        for (int[] cut : partsAndAxis) {
            int parts = cut[0];
            int axis = cut[1];
            for (int part = 0; part < parts; part++) {
                int chosen = part;
                check(given().fixed("x", 4, 3, 6)
                        .is(
                                "chunk %d of %d along %d".formatted(part, parts, axis),
                                (scope, in) -> in.get("x").chunk(parts, axis).get(chosen),
                                in -> {
                                    int size = in.get("x").extent(axis) / parts;
                                    return sliced(in.get("x"), axis, chosen * size, (chosen + 1) * size);
                                }));
            }
        }
        check(given().rows("x", 2, 1, 6)
                .is(
                        "pieces used together",
                        (scope, in) -> {
                            List<Tensor> parts = in.get("x").chunk(3, -1);
                            return parts.get(2).minus(parts.get(0));
                        },
                        in -> sliced(in.get("x"), -1, 4, 6).with(sliced(in.get("x"), -1, 0, 2), (a, b) -> a - b))
                .within(OpCase.ROUNDING, 0));
    }

    @Test
    default void sliceTakesARange() {
        int[][] ranges = {{0, 0, 1}, {0, 1, 2}, {1, 0, 5}, {1, 2, 5}, {-1, 1, 3}, {-2, 4, 5}, {2, 0, 4}};
        for (int[] range : ranges) {
            check(given().rows("x", 2, 5, 4)
                    .is(
                            "slice " + Arrays.toString(range),
                            (scope, in) -> in.get("x").slice(range[0], range[1], range[2]),
                            in -> sliced(in.get("x"), range[0], range[1], range[2])));
        }
    }

    @Test
    default void concatPutsTheOtherBehind() {
        Object[][] cases = {
            {0, new long[] {2, 3, 4}, new long[] {1, 3, 4}},
            {1, new long[] {2, 3, 4}, new long[] {2, 5, 4}},
            {-2, new long[] {2, 1, 4}, new long[] {2, 1, 4}},
            {-1, new long[] {2, 3, 4}, new long[] {2, 3, 1}},
        };
        for (Object[] each : cases) {
            int axis = (int) each[0];
            check(given().rows("x", (long[]) each[1])
                    .rows("y", (long[]) each[2])
                    .is(
                            "%s concat %s along %d"
                                    .formatted(
                                            Arrays.toString((long[]) each[1]), Arrays.toString((long[]) each[2]), axis),
                            (scope, in) -> in.get("x").concat(axis, in.get("y")),
                            in -> concatenated(in.get("x"), in.get("y"), axis)));
        }
    }

    @Test
    default void headLikeAndTailAfterUndoConcat() {
        for (int axis : new int[] {1, -2}) {
            check(given().rows("text", 2, 3, 4)
                    .rows("image", 2, 5, 4)
                    .is(
                            "headLike along " + axis,
                            (scope, in) ->
                                    in.get("text").concat(1, in.get("image")).headLike(axis, in.get("text")),
                            in -> in.get("text")));
            check(given().rows("text", 2, 3, 4)
                    .rows("image", 2, 5, 4)
                    .is(
                            "tailAfter along " + axis,
                            (scope, in) ->
                                    in.get("text").concat(1, in.get("image")).tailAfter(axis, in.get("text")),
                            in -> in.get("image")));
        }
        check(given().rows("x", 5, 2)
                .rows("like", 2, 7)
                .is(
                        "headLike of a value with another last extent",
                        (scope, in) -> in.get("x").headLike(0, in.get("like")),
                        in -> sliced(in.get("x"), 0, 0, 2)));
        check(given().rows("x", 5, 2)
                .rows("like", 2, 7)
                .is(
                        "tailAfter of a value with another last extent",
                        (scope, in) -> in.get("x").tailAfter(0, in.get("like")),
                        in -> sliced(in.get("x"), 0, 2, 5)));
    }

    private static Values sliced(Values x, int axis, int start, int end) {
        int place = axis < 0 ? axis + x.shape().length : axis;
        return Values.generate(
                Values.replace(x.shape(), place, end - start),
                index -> x.at(Values.replace(index, place, index[place] + start)));
    }

    private static Values concatenated(Values x, Values y, int axis) {
        int place = axis < 0 ? axis + x.shape().length : axis;
        int first = x.extent(place);
        return Values.generate(
                Values.replace(x.shape(), place, first + y.extent(place)),
                index -> index[place] < first ? x.at(index) : y.at(Values.replace(index, place, index[place] - first)));
    }
}
