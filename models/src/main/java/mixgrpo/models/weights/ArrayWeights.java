package mixgrpo.models.weights;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;

/** Weights that lie in plain arrays, those of the caller. */
public record ArrayWeights(Map<String, Array> arrays) implements Weights {

    /** The values that {@code weights} have now, in new arrays. */
    public static ArrayWeights copyOf(Weights weights) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        weights.shapes().forEach((key, shape) -> arrays.put(key, new Array(shape, weights.floats(key))));
        return new ArrayWeights(arrays);
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
