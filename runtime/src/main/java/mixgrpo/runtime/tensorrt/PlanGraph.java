package mixgrpo.runtime.tensorrt;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Dtype;
import mixgrpo.runtime.engine.Port;

/**
 * A graph that plans are built of.
 *
 * @param name what it is of, for messages
 * @param entry the name of its plans in the cache, small letters, digits and {@code -}
 * @param onnx the ONNX file with every one of {@code fixed} as an external initializer under its key, and {@code fed} as inputs; the caller must not
 *     change it
 * @param precision of its layers, for the plans' keys
 * @param inputs without those of {@code fed}
 * @param outputs by the names that the file gives them
 * @param fixed weights inside of plans, by key, in the order in which they are stored
 * @param fed shapes of weights that are inputs, by key; float32
 */
public record PlanGraph(
        String name,
        String entry,
        byte[] onnx,
        String precision,
        List<Port> inputs,
        List<Port> outputs,
        Map<String, Stored> fixed,
        Map<String, long[]> fed) {

    /**
     * A weight as it lies in a plan.
     *
     * @param dtype F32, F16 or BF16
     */
    public record Stored(Dtype dtype, long[] shape) {
        long bytes() {
            return Math.multiplyExact(Array.elements(shape), (long) dtype.bytes());
        }
    }

    public PlanGraph {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        fixed = Collections.unmodifiableMap(new LinkedHashMap<>(fixed));
        fed = Collections.unmodifiableMap(new LinkedHashMap<>(fed));
    }

    /** Shapes of {@link #fixed}. */
    Map<String, long[]> fixedShapes() {
        return fixed.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue()
                .shape()));
    }
}
