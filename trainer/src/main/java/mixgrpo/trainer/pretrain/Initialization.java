package mixgrpo.trainer.pretrain;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Predicate;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;

/**
 * Weights before training: layers as PyTorch starts them, uniform in +-1/sqrt(inputs of an output), norms at one, and chosen
 * layers at zero. A function of seed and key, whatever the order.
 *
 * @param shapes of all parameters by key
 * @param zero keys that start at zero
 */
public record Initialization(Map<String, long[]> shapes, Predicate<String> zero, long seed) implements Weights {

    @Override
    public void read(String key, FloatBuffer target) {
        long[] shape = shapes.get(key);
        if (shape == null) {
            throw new IllegalArgumentException("no parameter '%s'; there are %d others".formatted(key, shapes.size()));
        }
        int elements = Math.toIntExact(Array.elements(shape));
        if (zero.test(key)) {
            target.put(new float[elements]);
            return;
        }
        // A norm's parameters are vectors whose layer has no matrix.
        String layer = key.substring(0, key.lastIndexOf('.'));
        long[] matrix = shapes.get(layer + ".weight");
        if (matrix.length == 1) {
            float[] values = new float[elements];
            Arrays.fill(values, key.endsWith(".weight") ? 1 : 0);
            target.put(values);
            return;
        }
        long inputs = Arrays.stream(matrix).skip(1).reduce(1, Math::multiplyExact);
        double bound = 1 / Math.sqrt(inputs);
        Draws random = new Draws(seed, Draws.WEIGHTS, key.hashCode());
        for (int i = 0; i < elements; i++) {
            target.put((float) (bound * (2 * random.nextDouble() - 1)));
        }
    }
}
