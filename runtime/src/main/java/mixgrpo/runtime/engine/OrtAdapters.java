package mixgrpo.runtime.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.Weights;

/** Low-rank adapters in memory that sessions read in place, as inputs under their keys. Filled while nothing runs. */
final class OrtAdapters implements AutoCloseable {

    private final Map<String, long[]> shapes;
    private final Map<String, OrtArray> arrays = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();

    OrtAdapters(Map<String, long[]> shapes) throws OrtException {
        this.shapes = new LinkedHashMap<>(shapes);
        for (Map.Entry<String, long[]> adapter : shapes.entrySet()) {
            List<String> axes =
                    Arrays.stream(adapter.getValue()).mapToObj(Long::toString).toList();
            OrtArray array = new OrtArray(new Port(adapter.getKey(), false, axes), adapter.getValue());
            arrays.put(adapter.getKey(), array);
            tensors.put(adapter.getKey(), array.tensor());
        }
    }

    Map<String, long[]> shapes() {
        return shapes;
    }

    Map<String, OnnxTensor> tensors() {
        return tensors;
    }

    /** Those adapters that are among {@code weights}, in new arrays. */
    Map<String, float[]> read(Weights weights) {
        Map<String, float[]> values = new LinkedHashMap<>();
        if (!shapes.isEmpty()) {
            weights.shapes().keySet().stream()
                    .filter(shapes::containsKey)
                    .forEach(key -> values.put(key, weights.floats(key)));
        }
        return values;
    }

    void fill(Map<String, float[]> values) {
        values.forEach((key, of) -> arrays.get(key).set(of));
    }

    @Override
    public void close() {
        arrays.values().forEach(OrtArray::close);
    }
}
