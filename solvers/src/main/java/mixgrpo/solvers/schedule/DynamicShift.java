package mixgrpo.solvers.schedule;

/**
 * FLUX's shift by picture size: mu is linear in the number of image tokens, and the schedule is shifted by e^mu
 * (diffusers' {@code calculate_shift} and {@code FlowMatchEulerDiscreteScheduler} with {@code use_dynamic_shifting}).
 *
 * @param baseTokens number of image tokens where mu is {@code baseShift}
 * @param maxTokens number of image tokens where mu is {@code maxShift}; mu goes on linearly outside the two
 */
public record DynamicShift(double baseShift, double maxShift, int baseTokens, int maxTokens) {

    /** The values of FLUX.1: mu .5 at 256 tokens, 1.15 at 4096. */
    public static final DynamicShift FLUX = new DynamicShift(.5, 1.15, 256, 4096);

    public DynamicShift {
        if (baseTokens == maxTokens) {
            throw new IllegalArgumentException(
                    "dynamic shift: expected two different token counts, got %d twice".formatted(baseTokens));
        }
    }

    /** Logarithm of the shift for a picture of so many tokens. */
    public double mu(int imageTokens) {
        double slope = (maxShift - baseShift) / (maxTokens - baseTokens);
        return imageTokens * slope + (baseShift - slope * baseTokens);
    }
}
