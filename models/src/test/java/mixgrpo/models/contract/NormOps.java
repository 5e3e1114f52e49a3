package mixgrpo.models.contract;

import static mixgrpo.models.contract.OpCase.given;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Softmax and the norms. Where a mean is taken, the result's error is that of the mean and variance, some roundings of the
 * largest element's square over the variance; the values here keep that ratio near 1 and say so where they do not.
 */
interface NormOps extends Checks {

    /** Some dozen roundings of a normalised value, which is at most the root of the number of elements. */
    double NORM = 2e-6;

    @Test
    default void softmaxIsOverTheLastAxis() {
        for (long[] shape : new long[][] {{5}, {2, 3, 7}, {4, 1}, {1, 33}}) {
            check(given().rows("x", shape)
                    .is(
                            "softmax " + Arrays.toString(shape),
                            (scope, in) -> in.get("x").softmax(),
                            in -> softmax(in.get("x")))
                    .within(NORM, 0));
        }
    }

    @Test
    default void softmaxDoesNotOverflow() {
        check(given().rows(
                        "x",
                        new float[] {1e4f, 1e4f, -1e4f},
                        new float[] {-1e4f, -1e4f, -1e4f},
                        new float[] {3e38f, 0, -3e38f},
                        new float[] {90, 0, -90},
                        new float[] {-1000, -1001, -1002})
                .is("softmax of extreme rows", (scope, in) -> in.get("x").softmax(), in -> softmax(in.get("x")))
                // exp(-180) and the like may come out as 0.
                .within(NORM, 1e-37)
                .notSmooth());
    }

    private static Values softmax(Values x) {
        return Values.generate(x.shape(), index -> {
            double largest = Double.NEGATIVE_INFINITY;
            for (int k = 0; k < x.extent(-1); k++) {
                largest = Math.max(largest, x.at(Values.replace(index, -1, k)));
            }
            double sum = 0;
            for (int k = 0; k < x.extent(-1); k++) {
                sum += Math.exp(x.at(Values.replace(index, -1, k)) - largest);
            }
            return Math.exp(x.at(index) - largest) / sum;
        });
    }

    @Test
    default void layerNormTakesMeanAndPopulationVarianceOfTheLastAxis() {
        for (long[] shape : new long[][] {{2, 8}, {2, 3, 5}, {1, 1, 33}, {3, 4}}) {
            for (double eps : new double[] {1e-6, 1e-5}) {
                layerNorm("normals " + Arrays.toString(shape) + " eps " + eps, given().rows("x", shape), eps);
            }
        }
    }

    @Test
    default void layerNormKeepsSmallAndLargeScales() {
        // Variance 1e-6, as large as epsilon: a wrong epsilon is off by 30 %.
        layerNorm("small", given().rows("x", 2, 8).scaled(1e-3), 1e-6);
        layerNorm("large", given().rows("x", 2, 8).scaled(1e4), 1e-6);
        // Mean 5, deviation 1: where the variance is a difference of means, 25 times the error.
        check(layerNormCase("off centre", given().rows("x", 2, 33).shifted(5), 1e-6)
                .within(25 * NORM, 25 * NORM));
    }

    @Test
    default void layerNormOfAConstantRowIsZero() {
        check(layerNormCase(
                        "constant rows",
                        given().rows("x", new float[] {2, 2, 2, 2, 2}, new float[5], new float[] {
                            -64, -64, -64, -64, -64
                        }),
                        1e-6)
                .within(0, NORM)
                .notSmooth());
        check(layerNormCase("one element", given().rows("x", new float[] {4}, new float[] {-3}), 1e-6)
                .within(0, NORM)
                .notSmooth());
    }

    private void layerNorm(String title, OpCase.Given given, double eps) {
        check(layerNormCase(title, given, eps).within(NORM, NORM));
    }

    private static OpCase layerNormCase(String title, OpCase.Given given, double eps) {
        return given.is(
                "layerNorm of " + title, (scope, in) -> in.get("x").layerNorm(eps), in -> layerNorm(in.get("x"), eps));
    }

    private static Values layerNorm(Values x, double eps) {
        int width = x.extent(-1);
        return Values.generate(x.shape(), index -> {
            double mean = 0;
            for (int k = 0; k < width; k++) {
                mean += x.at(Values.replace(index, -1, k)) / width;
            }
            double variance = 0;
            for (int k = 0; k < width; k++) {
                variance += Math.pow(x.at(Values.replace(index, -1, k)) - mean, 2) / width;
            }
            return (x.at(index) - mean) / Math.sqrt(variance + eps);
        });
    }

    @Test
    default void rmsNormDividesByTheRootMeanSquareOfTheLastAxis() {
        for (long[] shape : new long[][] {{2, 8}, {2, 3, 2, 5}, {1, 1, 33}, {3, 1}}) {
            rmsNorm("normals " + Arrays.toString(shape), shape, 1, 1e-6);
        }
        rmsNorm("normals with another epsilon", new long[] {2, 8}, 1, 1e-2);
        rmsNorm("small values, mean square as large as epsilon", new long[] {2, 8}, 1e-3, 1e-6);
        rmsNorm("large values", new long[] {2, 8}, 1e4, 1e-6);
        check(given().rows("x", new float[5], new float[] {0, 0, 1e-20f, 0, 0})
                .weight("weight", 5)
                .is(
                        "rmsNorm of zeros",
                        (scope, in) -> in.get("x").rmsNorm(scope.param("weight", 5), 1e-6),
                        in -> rmsNorm(in, 1e-6))
                .within(NORM, 0)
                .notSmooth());
    }

    private void rmsNorm(String title, long[] shape, double factor, double eps) {
        long width = shape[shape.length - 1];
        check(given().rows("x", shape)
                .scaled(factor)
                .weight("norm.weight", width)
                .is(
                        "rmsNorm of " + title,
                        (scope, in) -> in.get("x").rmsNorm(scope.param("norm.weight", width), eps),
                        in -> rmsNorm(Map.of("x", in.get("x"), "weight", in.get("norm.weight")), eps))
                .within(NORM, NORM));
    }

    private static Values rmsNorm(Map<String, Values> in, double eps) {
        Values x = in.get("x");
        int width = x.extent(-1);
        return Values.generate(x.shape(), index -> {
            double square = 0;
            for (int k = 0; k < width; k++) {
                square += Math.pow(x.at(Values.replace(index, -1, k)), 2) / width;
            }
            return x.at(index) / Math.sqrt(square + eps) * in.get("weight").at(index[index.length - 1]);
        });
    }

    @Test
    default void groupNormTakesMeanAndVarianceOfEachGroup() {
        groupNorm("one group", new long[] {2, 6, 3, 5}, 1, 1, 1e-6);
        groupNorm("three groups", new long[] {2, 6, 3, 5}, 3, 1, 1e-6);
        groupNorm("a group a channel", new long[] {2, 6, 3, 5}, 6, 1, 1e-6);
        groupNorm("one pixel", new long[] {3, 8, 1, 1}, 2, 1, 1e-6);
        groupNorm("another epsilon", new long[] {1, 4, 2, 2}, 2, 1, 1e-2);
        groupNorm("small values, variance as large as epsilon", new long[] {1, 4, 3, 3}, 2, 1e-3, 1e-6);
        groupNorm("large values", new long[] {1, 4, 3, 3}, 2, 1e4, 1e-6);
    }

    @Test
    default void groupNormOfAConstantGroupIsItsBias() {
        // The rounding of a value less its mean is divided by the root of epsilon.
        check(groupNormCase("one pixel and a group a channel", new long[] {2, 4, 1, 1}, 4, 1, 1e-6)
                .within(NORM, 4 * OpCase.ROUNDING / Math.sqrt(1e-6))
                .notSmooth());
    }

    private void groupNorm(String title, long[] shape, int groups, double factor, double eps) {
        check(groupNormCase(title, shape, groups, factor, eps));
    }

    private static OpCase groupNormCase(String title, long[] shape, int groups, double factor, double eps) {
        return given().image("x", shape)
                .scaled(factor)
                .weight("norm.weight", shape[1])
                .weight("norm.bias", shape[1])
                .is(
                        "groupNorm of " + title,
                        (scope, in) -> in.get("x")
                                .groupNorm(
                                        groups,
                                        scope.param("norm.weight", shape[1]),
                                        scope.param("norm.bias", shape[1]),
                                        eps),
                        in -> groupNorm(in.get("x"), groups, in.get("norm.weight"), in.get("norm.bias"), eps))
                // The weight multiplies the normalised value's error by up to 3.
                .within(3 * NORM, 3 * NORM);
    }

    private static Values groupNorm(Values x, int groups, Values weight, Values bias, double eps) {
        int channels = x.extent(1) / groups;
        int size = channels * x.extent(2) * x.extent(3);
        double[][] means = new double[x.extent(0)][groups];
        double[][] variances = new double[x.extent(0)][groups];
        Values.generate(x.shape(), i -> means[i[0]][i[1] / channels] += x.at(i) / size);
        Values.generate(
                x.shape(),
                i -> variances[i[0]][i[1] / channels] += Math.pow(x.at(i) - means[i[0]][i[1] / channels], 2) / size);
        return Values.generate(x.shape(), i -> {
            int group = i[1] / channels;
            return (x.at(i) - means[i[0]][group]) / Math.sqrt(variances[i[0]][group] + eps) * weight.at(i[1])
                    + bias.at(i[1]);
        });
    }
}
