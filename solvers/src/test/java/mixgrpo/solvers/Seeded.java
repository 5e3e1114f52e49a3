package mixgrpo.solvers;

import java.util.Random;
import java.util.function.Consumer;

/** Properties over random inputs; a failure names the seed that shows it. */
final class Seeded {

    private Seeded() {}

    static void forEach(int seeds, Consumer<Random> property) {
        for (int seed = 0; seed < seeds; seed++) {
            try {
                property.accept(new Random(seed));
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("with seed " + seed + ": " + failure.getMessage(), failure);
            }
        }
    }

    /** Two levels with 1 >= first > second >= 0; sometimes at an end. */
    static double[] levels(Random random) {
        double a = random.nextInt(5) == 0 ? 1 : random.nextDouble();
        double b = random.nextInt(5) == 0 ? 0 : random.nextDouble() * a;
        return new double[] {a, b};
    }

    static double[] gaussians(Random random, int count) {
        return random.doubles(count).map(u -> random.nextGaussian()).toArray();
    }
}
