package mixgrpo.models.contract;

import static mixgrpo.models.contract.OpCase.given;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import mixgrpo.models.Tensor;
import org.junit.jupiter.api.Test;

/**
 * Functions of single elements. Engines approximate them to a few units in the last place of the largest value near, so the
 * allowed error is 1e-6 of the larger of 1 and the argument: far below what another form of the same name is off by (erf and
 * tanh gelu differ by 5e-4).
 */
interface ActivationOps extends Checks {

    /** Where approximations are cut off, products overflow or signs are lost. */
    float[] EXTREMES = {
        0, -0f, 1e-30f, -1e-30f, 1e-4f, -1e-4f, 0.5f, -0.5f, 3, -3, 4.5f, -4.5f, 9, -9, 18, -18, 50, -50, 88, -88, 104,
        -104, 1e4f, -1e4f
    };

    @Test
    default void sigmoidIsTheLogisticFunction() {
        activation("sigmoid", Tensor::sigmoid, ActivationOps::sigmoid);
    }

    @Test
    default void tanhIsTheHyperbolicTangent() {
        activation("tanh", Tensor::tanh, Math::tanh);
    }

    @Test
    default void siluIsTheArgumentTimesItsSigmoid() {
        activation("silu", Tensor::silu, x -> x * sigmoid(x));
    }

    @Test
    default void geluIsTheErfForm() {
        activation("gelu", Tensor::gelu, x -> 0.5 * x * (1 + erf(x / Math.sqrt(2))));
    }

    @Test
    default void geluTanhIsTheTanhForm() {
        activation(
                "geluTanh",
                Tensor::geluTanh,
                x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
    }

    @Test
    default void quickGeluIsTheArgumentTimesASteeperSigmoid() {
        activation("quickGelu", Tensor::quickGelu, x -> x * sigmoid(1.702 * x));
    }

    private void activation(String name, UnaryOperator<Tensor> op, DoubleUnaryOperator function) {
        for (long[] shape : new long[][] {{7}, {2, 3, 5}, {1, 33}}) {
            check(given().rows("x", shape)
                    .scaled(2)
                    .is(
                            name + " of normals, " + Arrays.toString(shape),
                            (scope, in) -> op.apply(in.get("x")),
                            in -> in.get("x").map(function))
                    .within(1e-6, 1e-6));
        }
        check(given().rows("x", EXTREMES)
                .is(name + " of extreme values", (scope, in) -> op.apply(in.get("x")), in -> in.get("x")
                        .map(function))
                .within(1e-6, 1e-6)
                .relativeTo(in -> in.get("x").abs())
                .notSmooth());
    }

    @Test
    default void expIsTheExponentialFunction() {
        check(given().rows("x", 3, 5)
                .is("exp of normals", (scope, in) -> in.get("x").exp(), in -> in.get("x")
                        .map(Math::exp))
                .within(1e-6, 0));
        // Ends where float32 does: exp(-104) is below its smallest value.
        check(given().rows("x", new float[] {0, 1, -1, 20, -20, 88, -80, -104, -1e4f})
                .is("exp of extreme values", (scope, in) -> in.get("x").exp(), in -> in.get("x")
                        .map(Math::exp))
                .within(1e-6, Float.MIN_NORMAL)
                .notSmooth());
    }

    @Test
    default void clampCutsOffBothEnds() {
        double[][] ranges = {{-1, 1}, {-30, 20}, {0, 0}, {0.5, 2}};
        for (double[] range : ranges) {
            check(given().rows("x", new float[] {-1e30f, -31, -1, -0.25f, 0, 0.5f, 1, 1.5f, 2, 20, 21, 1e30f})
                    .is(
                            "clamp to " + range[0] + ".." + range[1],
                            (scope, in) -> in.get("x").clamp(range[0], range[1]),
                            in -> in.get("x").map(x -> Math.min(Math.max(x, range[0]), range[1])))
                    .notSmooth());
        }
        check(given().rows("x", new float[] {-3, -0.5f, 0.25f, 0.75f, 4})
                .is("clamp away from its ends", (scope, in) -> in.get("x").clamp(-1, 1), in -> in.get("x")
                        .map(x -> Math.min(Math.max(x, -1), 1))));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** erf(x) = 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (1 * 3 * ... * (2n+1)), whose terms have one sign. */
    private static double erf(double x) {
        if (Math.abs(x) > 6) {
            return Math.signum(x);
        }
        double term = x;
        double sum = 0;
        for (int n = 0; n < 200; n++) {
            sum += term;
            term *= 2 * x * x / (2 * n + 3);
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }
}
