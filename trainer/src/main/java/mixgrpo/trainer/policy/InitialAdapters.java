package mixgrpo.trainer.policy;

import java.nio.FloatBuffer;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.noise.Noise;
import mixgrpo.runtime.noise.NoiseKey;

/**
 * Base weights with adapters that change nothing yet: A normal with variance 1 / inputs, B zero (arXiv 2106.09685).
 *
 * @param shapes of all parameters, the adapters' among them
 */
record InitialAdapters(Weights base, Map<String, long[]> shapes, long seed) implements Weights {

    @Override
    public void read(String key, FloatBuffer target) {
        if (!Lora.isAdapter(key)) {
            base.read(key, target);
            return;
        }
        long[] shape = shapes.get(key);
        float[] values = new float[Math.toIntExact(Array.elements(shape))];
        if (key.endsWith(Lora.A)) {
            Noise.fill(
                    values, NoiseKey.of(seed, NoiseKey.Stream.INITIAL_WEIGHTS).withPrompt(key.hashCode() & 0x7fffffff));
            double std = 1 / Math.sqrt(shape[1]);
            for (int i = 0; i < values.length; i++) {
                values[i] *= (float) std;
            }
        }
        target.put(values);
    }
}
