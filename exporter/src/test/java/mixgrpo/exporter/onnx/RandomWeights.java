package mixgrpo.exporter.onnx;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;

/** Normal values for any parameters, scaled to keep a network's values near 1. */
record RandomWeights(Map<String, long[]> shapes, Map<String, float[]> values) implements Weights {

    static RandomWeights of(Map<String, long[]> shapes, long seed) {
        Random random = new Random(seed);
        Map<String, float[]> values = new LinkedHashMap<>();
        shapes.forEach((key, shape) -> {
            long fanIn = Math.max(1, Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b));
            values.put(key, normal(random, shape, 1 / Math.sqrt(fanIn)));
        });
        return new RandomWeights(shapes, values);
    }

    static Array input(long seed, long... shape) {
        return new Array(shape, normal(new Random(seed), shape, 1));
    }

    private static float[] normal(Random random, long[] shape, double deviation) {
        float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return values;
    }

    @Override
    public void read(String key, FloatBuffer target) {
        target.put(values.get(key));
    }
}
