package mixgrpo.runtime.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NoiseTest {

    private static final NoiseKey KEY = NoiseKey.of(7, NoiseKey.Stream.INITIAL_LATENT);

    /** Computed once in another language from the documented words. */
    @Test
    void exampleGivesTheDocumentedNormals() {
        float[] expected = {
            -1.3186315f, 1.5016072f, 1.1179826f, 1.3003633f, -0.8417711f, -1.0254683f, -0.33926305f, -0.05859896f
        };
        assertArrayEquals(expected, normals(8, NoiseKeyTest.EXAMPLE));
    }

    @Test
    void shorterFillIsAPrefixOfALongerOne() {
        float[] all = normals(50, KEY);
        for (int count = 0; count <= 50; count++) {
            assertArrayEquals(Arrays.copyOf(all, count), normals(count, KEY));
        }
    }

    @Test
    void rangeOfATargetGetsTheSameNumbersAndItsNeighboursNone() {
        float[] target = new float[12];
        Noise.fill(target, 3, 5, KEY);
        float[] expected = new float[12];
        System.arraycopy(normals(5, KEY), 0, expected, 3, 5);
        assertArrayEquals(expected, target);
    }

    @Test
    void numbersDoNotDependOnThreadOrOrder() {
        float[][] inOrder = new float[64][];
        for (int image = 0; image < 64; image++) {
            inOrder[image] = normals(100, KEY.withImage(image));
        }
        IntStream.range(0, 64)
                .parallel()
                .map(image -> 63 - image)
                .forEach(image -> assertArrayEquals(inOrder[image], normals(100, KEY.withImage(image))));
    }

    @Test
    void momentsAreThoseOfStandardNormals() {
        int images = 100;
        int elements = 4096;
        double[] moments = new double[5];
        double neighbours = 0;
        for (int image = 0; image < images; image++) {
            float[] z = normals(elements, KEY.withImage(image));
            float[] other = normals(elements, KEY.withImage(image).withStep(1));
            for (int i = 0; i < elements; i++) {
                for (int power = 1; power < 5; power++) {
                    moments[power] += Math.pow(z[i], power);
                }
                neighbours += (double) z[i] * other[i];
            }
        }
        double count = images * (double) elements;
        double error = 4 / Math.sqrt(count); // four standard deviations of a mean of unit variance
        assertEquals(0, moments[1] / count, error);
        assertEquals(1, moments[2] / count, Math.sqrt(2) * error);
        assertEquals(0, moments[3] / count, Math.sqrt(15) * error);
        assertEquals(3, moments[4] / count, Math.sqrt(96) * error);
        assertEquals(0, neighbours / count, error);
    }

    /** Kolmogorov-Smirnov against the normal distribution function; 1.95 / sqrt(n) is exceeded once in a thousand seeds. */
    @Test
    void distributionIsNormal() {
        float[] z = normals(100_000, KEY.withPrompt(5));
        Arrays.sort(z);
        double worst = 0;
        for (int i = 0; i < z.length; i++) {
            worst = Math.max(worst, Math.abs((i + 0.5) / z.length - distribution(z[i])));
        }
        assertTrue(worst < 1.95 / Math.sqrt(z.length), "distance " + worst);
    }

    /** Standard normal distribution function by integration of the series z + z^3/3 + z^5/15 + ... (Marsaglia 2004). */
    private static double distribution(double z) {
        double sum = z;
        double term = z;
        for (int i = 3; Math.abs(term) > 1e-17; i += 2) {
            term *= z * z / i;
            sum += term;
        }
        return 0.5 + sum * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    }

    private static float[] normals(int count, NoiseKey key) {
        float[] values = new float[count];
        Noise.fill(values, key);
        return values;
    }
}
