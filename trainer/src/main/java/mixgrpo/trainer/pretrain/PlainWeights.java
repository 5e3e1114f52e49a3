package mixgrpo.trainer.pretrain;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;

/** Weights in plain arrays. */
record PlainWeights(Map<String, Array> arrays) implements Weights {

    /** The values that {@code weights} have now. */
    static PlainWeights copyOf(Weights weights) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        weights.shapes().forEach((key, shape) -> arrays.put(key, new Array(shape, weights.floats(key))));
        return new PlainWeights(arrays);
    }

    @Override
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        arrays.forEach((key, array) -> shapes.put(key, array.shape()));
        return shapes;
    }

    @Override
    public void read(String key, FloatBuffer target) {
        Array array = arrays.get(key);
        if (array == null) {
            throw new IllegalArgumentException("no array '%s'; there are %d others".formatted(key, arrays.size()));
        }
        target.put(array.values());
    }
}
