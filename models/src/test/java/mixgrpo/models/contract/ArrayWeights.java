package mixgrpo.models.contract;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;

/** Weights that lie in plain arrays. */
public record ArrayWeights(Map<String, Array> arrays) implements Weights {

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
            throw new IllegalArgumentException("no array '%s'; there are %s".formatted(key, arrays.keySet()));
        }
        target.put(array.values());
    }
}
