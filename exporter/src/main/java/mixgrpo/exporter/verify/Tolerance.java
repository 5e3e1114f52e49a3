package mixgrpo.exporter.verify;

/**
 * How far an engine's arrays may be from the reference's.
 *
 * @param norm length of the error as a share of the expected array's length ({@link Difference#norm})
 * @param largestShare largest error as a share of the largest expected value ({@link Difference#largestShare})
 * @param reason why so much and not less
 */
public record Tolerance(double norm, double largestShare, String reason) {

    /**
     * For engines that compute in this precision.
     *
     * @throws IllegalArgumentException if nobody has said what its errors may be
     */
    public static Tolerance of(String precision) {
        return switch (precision) {
            case "fp32" ->
                new Tolerance(
                        1e-4,
                        5e-4,
                        "the same float32 operations with sums in another order; a rounding is 6e-8 and grows with the depth of a network");
            case "fp16" ->
                new Tolerance(
                        1e-2,
                        3e-2,
                        "products of values rounded to 11 bits, 5e-4 each, one after the other in every layer");
            case "bf16" ->
                new Tolerance(
                        5e-2,
                        1e-1,
                        "products of values rounded to 8 bits, 4e-3 each, one after the other in every layer");
            case "int8" ->
                new Tolerance(
                        1e-1,
                        2e-1,
                        "a level of an activation is 1/255 of the range of all of a layer's; measured 1 to 3 % of the velocity, and random weights are worse than trained ones");
            default ->
                throw new IllegalArgumentException(
                        "precision: expected fp32, fp16, bf16 or int8, got %s".formatted(precision));
        };
    }

    /** Whether an array is near enough; what is not finite is not. */
    public boolean admits(Difference difference) {
        return difference.norm() <= norm && difference.largestShare() <= largestShare;
    }
}
