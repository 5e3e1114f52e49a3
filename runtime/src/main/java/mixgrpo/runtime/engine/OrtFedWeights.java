package mixgrpo.runtime.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.lifetime.OpenResources;

/** Weights in memory that sessions read in place, as inputs under their keys: low-rank adapters, or all there are. Written while nothing runs. */
final class OrtFedWeights implements AutoCloseable {

    private final Map<String, long[]> shapes;
    private final OpenResources open = new OpenResources();
    private final Map<String, OrtArray> arrays = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    private String torn = ""; // why the arrays are of different exchanges

    OrtFedWeights(Map<String, long[]> shapes) throws OrtException {
        this.shapes = new LinkedHashMap<>(shapes);
        try {
            for (Map.Entry<String, long[]> weight : shapes.entrySet()) {
                List<String> axes = Arrays.stream(weight.getValue())
                        .mapToObj(Long::toString)
                        .toList();
                OrtArray array = open.add(new OrtArray(new Port(weight.getKey(), false, axes), weight.getValue()));
                arrays.put(weight.getKey(), array);
                tensors.put(weight.getKey(), array.tensor());
            }
        } catch (OrtException | RuntimeException | Error e) {
            open.closeAfter(e);
            throw e;
        }
    }

    Map<String, long[]> shapes() {
        return shapes;
    }

    Map<String, OnnxTensor> tensors() {
        return tensors;
    }

    /** Why the values must not be used; empty if they may. */
    String torn() {
        return torn;
    }

    /**
     * Copies those that are among {@code weights}. If one cannot be read, the values are {@link #torn} until all have been exchanged.
     *
     * @throws IllegalStateException if one cannot be read; names it
     */
    void exchange(Weights weights) {
        List<String> given =
                weights.shapes().keySet().stream().filter(shapes::containsKey).toList();
        int done = 0;
        try {
            for (String key : given) {
                arrays.get(key).set(weights, key);
                done++;
            }
        } catch (RuntimeException | Error e) {
            torn = "'%s' could not be read after %d of %d weights had been exchanged: %s"
                    .formatted(given.get(done), done, given.size(), e.getMessage());
            throw new IllegalStateException(torn, e);
        }
        if (given.size() == shapes.size()) {
            torn = "";
        }
    }

    @Override
    public void close() {
        open.close();
    }
}
