package mixgrpo.tools.inspect;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.WeightsFile;

/**
 * A part of a model, or all of a file.
 *
 * @param name of its folder, or the file's
 * @param className what implements it, as the index or the keys say
 * @param container how it is stored, {@code safetensors in 3 files}; empty for what has no weights, {@value #UNUSED} for what is not read
 * @param tensors its arrays by key, in the file's order
 * @param problems why it cannot be used, or not as it is; empty if it can
 */
public record Part(
        String name, String className, String container, Map<String, Tensor> tensors, List<String> problems) {

    static final String UNUSED = "not used";

    /** An array of a part. */
    public record Tensor(long[] shape, Dtype dtype) {

        long elements() {
            return Array.elements(shape);
        }

        long bytes() {
            return elements() * dtype.bytes();
        }
    }

    static Map<String, Tensor> tensors(WeightsFile weights) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        weights.shapes()
                .forEach((key, shape) ->
                        tensors.put(key, new Tensor(shape, weights.dtypes().get(key))));
        return tensors;
    }

    /** Elements of all arrays. */
    public long parameters() {
        return tensors.values().stream().mapToLong(Tensor::elements).sum();
    }

    /** Bytes of all arrays as they are stored. */
    public long bytes() {
        return tensors.values().stream().mapToLong(Tensor::bytes).sum();
    }

    /** Elements by how they are stored. */
    public Map<Dtype, Long> dtypes() {
        Map<Dtype, Long> counts = new EnumMap<>(Dtype.class);
        tensors.values().forEach(tensor -> counts.merge(tensor.dtype(), tensor.elements(), Long::sum));
        return counts;
    }
}
