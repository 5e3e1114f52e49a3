package mixgrpo.models.contract;

import static mixgrpo.models.contract.OpCase.ROUNDING;
import static mixgrpo.models.contract.OpCase.given;

import java.util.Arrays;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import mixgrpo.models.Tensor;
import org.junit.jupiter.api.Test;

/** Sums, differences and products. */
interface ArithmeticOps extends Checks {

    /** Shapes of two operands that broadcast: equal, trailing, middle, both ways, and more axes on the right. */
    long[][][] PAIRS = {
        {{2, 3}, {2, 3}},
        {{2, 3, 5}, {5}},
        {{2, 3, 4}, {2, 1, 4}},
        {{2, 1, 3}, {4, 1}},
        {{3}, {2, 1, 3}},
        {{1}, {2, 3}},
    };

    @Test
    default void plusAddsWithBroadcasting() {
        binary("plus", Tensor::plus, Double::sum);
    }

    @Test
    default void minusSubtractsWithBroadcasting() {
        binary("minus", Tensor::minus, (a, b) -> a - b);
    }

    @Test
    default void timesMultipliesWithBroadcasting() {
        binary("times", Tensor::times, (a, b) -> a * b);
    }

    private void binary(String name, BinaryOperator<Tensor> op, DoubleBinaryOperator function) {
        for (long[][] shapes : PAIRS) {
            // One correctly rounded operation.
            check(given().rows("x", shapes[0])
                    .rows("y", shapes[1])
                    .is(
                            "%s %s %s".formatted(Arrays.toString(shapes[0]), name, Arrays.toString(shapes[1])),
                            (scope, in) -> op.apply(in.get("x"), in.get("y")),
                            in -> in.get("x").with(in.get("y"), function))
                    .within(ROUNDING, 0));
        }
        check(given().rows("x", 3, 4)
                .is(name + " itself", (scope, in) -> op.apply(in.get("x"), in.get("x")), in -> in.get("x")
                        .with(in.get("x"), function))
                .within(ROUNDING, 0));
    }

    /** Interpreters may write these as one operation; its value must not depend on who else reads the product. */
    @Test
    default void sumsOfProductsAreSumsAndProducts() {
        Map<String, BinaryOperator<Tensor>> forms = Map.of(
                "x + yz", (x, product) -> x.plus(product),
                "yz + x", (x, product) -> product.plus(x),
                "yz + x, yz read again", (x, product) -> product.plus(x).plus(product.minus(product)));
        long[][][] shapes = {{{2, 3, 4}, {2, 1, 4}, {2, 3, 4}}, {{4}, {2, 3, 4}, {2, 1, 1}}, {{2, 3, 4}, {1, 4}, {4}}};
        for (long[][] shape : shapes) {
            forms.forEach((form, op) -> check(given().rows("x", shape[0])
                    .rows("y", shape[1])
                    .rows("z", shape[2])
                    .is(
                            form + " of " + Arrays.deepToString(shape),
                            (scope, in) -> op.apply(in.get("x"), in.get("y").times(in.get("z"))),
                            in -> in.get("x").with(in.get("y").with(in.get("z"), (a, b) -> a * b), Double::sum))
                    .withinRoundings(2, in -> in.get("x")
                            .abs()
                            .with(in.get("y").with(in.get("z"), (a, b) -> Math.abs(a * b)), Double::sum))));
        }
        check(given().rows("x", 2, 3)
                .rows("y", 2, 3)
                .is(
                        "a product plus itself",
                        (scope, in) -> {
                            Tensor product = in.get("x").times(in.get("y"));
                            return product.plus(product);
                        },
                        in -> in.get("x").with(in.get("y"), (a, b) -> 2 * a * b))
                .within(3 * ROUNDING, 0));
        check(given().rows("x", 2, 3)
                .rows("y", 2, 3)
                .is(
                        "a sum of two products",
                        (scope, in) ->
                                in.get("x").times(in.get("y")).plus(in.get("x").times(in.get("x"))),
                        in -> in.get("x").with(in.get("y"), (a, b) -> a * b + a * a))
                .withinRoundings(2, in -> in.get("x").with(in.get("y"), (a, b) -> Math.abs(a * b) + a * a)));
    }

    @Test
    default void plusAddsANumber() {
        for (double number : new double[] {0, 1, -0.1, 1e-6, 12345.678}) {
            // The number is rounded to float32, then the sum is.
            check(given().rows("x", 2, 3)
                    .is("plus " + number, (scope, in) -> in.get("x").plus(number), in -> in.get("x")
                            .map(x -> x + number))
                    .within(2 * ROUNDING, 0)
                    .relativeTo(in -> in.get("x").map(x -> Math.abs(x) + Math.abs(number))));
        }
    }

    @Test
    default void timesMultipliesByANumber() {
        for (double number : new double[] {0, 1, -0.1, 1e-6, 12345.678}) {
            check(given().rows("x", 2, 3)
                    .is("times " + number, (scope, in) -> in.get("x").times(number), in -> in.get("x")
                            .map(x -> x * number))
                    .within(2 * ROUNDING, 0));
        }
    }

    @Test
    default void matmulMultipliesTheLastTwoAxesAndBroadcastsTheOthers() {
        long[][][] shapes = {
            {{2, 3}, {3, 4}},
            {{1, 1}, {1, 1}},
            {{2, 3, 5}, {5, 4}},
            {{3, 5}, {2, 5, 4}},
            {{2, 1, 3, 7}, {1, 3, 7, 2}},
            {{2, 3, 33}, {2, 33, 1}},
        };
        for (long[][] pair : shapes) {
            check(given().fixed("x", pair[0])
                    .fixed("y", pair[1])
                    .is(
                            "%s matmul %s".formatted(Arrays.toString(pair[0]), Arrays.toString(pair[1])),
                            (scope, in) -> in.get("x").matmul(in.get("y")),
                            in -> matmul(in.get("x"), in.get("y")))
                    .withinRoundings(
                            (int) pair[0][pair[0].length - 1],
                            in -> matmul(in.get("x").abs(), in.get("y").abs())));
        }
        check(given().rows("x", 3, 5)
                .rows("y", 4, 5)
                .is(
                        "matmul of a transposed operand",
                        (scope, in) -> in.get("x").matmul(in.get("y").permute(1, 0)),
                        in -> product(in))
                .withinRoundings(
                        5,
                        in -> product(
                                Map.of("x", in.get("x").abs(), "y", in.get("y").abs()))));
    }

    private static Values product(Map<String, Values> in) {
        Values y = in.get("y");
        return matmul(in.get("x"), Values.generate(new int[] {y.extent(1), y.extent(0)}, i -> y.at(i[1], i[0])));
    }

    private static Values matmul(Values a, Values b) {
        int rows = a.extent(-2);
        int inner = a.extent(-1);
        int columns = b.extent(-1);
        int[] shape = Values.broadcast(
                Arrays.copyOf(a.shape(), a.shape().length - 2), Arrays.copyOf(b.shape(), b.shape().length - 2));
        int rank = shape.length + 2;
        shape = Arrays.copyOf(shape, rank);
        shape[rank - 2] = rows;
        shape[rank - 1] = columns;
        return Values.generate(shape, index -> {
            double sum = 0;
            for (int k = 0; k < inner; k++) {
                sum += a.at(Values.replace(index, -1, k)) * b.at(Values.replace(index, -2, k));
            }
            return sum;
        });
    }
}
