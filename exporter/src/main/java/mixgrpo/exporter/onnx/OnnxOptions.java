package mixgrpo.exporter.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import mixgrpo.models.lora.Lora;

/**
 * How a network is written as ONNX.
 *
 * @param form the operators
 * @param precision of linear layers over token sequences
 * @param layerNormOp layer norm as one operator (TensorRT's natural form) instead of primitives (8 times faster on ONNX
 *     Runtime's CPU kernels)
 * @param taps tapped values become further outputs, under their full keys
 * @param adapters ranks of the low-rank adapters of linear layers, by the layers' paths: such a layer gets A and B as parameters of their
 *     own, and the graph an input {@value Lora#SCALE} of one factor a sample
 * @param metadata entries of the file's {@code metadata_props}
 */
public record OnnxOptions(
        Form form,
        Precision precision,
        boolean layerNormOp,
        boolean taps,
        Map<String, Integer> adapters,
        Map<String, String> metadata) {

    public OnnxOptions {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(precision, "precision");
        adapters = Collections.unmodifiableMap(new TreeMap<>(adapters));
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /** Primitives of operator set 18. */
    public static OnnxOptions portable() {
        return new OnnxOptions(Form.PORTABLE, Precision.FP32, false, false, Map.of(), Map.of());
    }

    /** The fastest form on ONNX Runtime's CPU kernels. */
    public static OnnxOptions ort() {
        return new OnnxOptions(Form.ORT, Precision.FP32, false, false, Map.of(), Map.of());
    }

    public OnnxOptions withPrecision(Precision other) {
        return new OnnxOptions(form, other, layerNormOp, taps, adapters, metadata);
    }

    public OnnxOptions withLayerNormOp() {
        return new OnnxOptions(form, precision, true, taps, adapters, metadata);
    }

    public OnnxOptions withTaps() {
        return new OnnxOptions(form, precision, layerNormOp, true, adapters, metadata);
    }

    public OnnxOptions withMetadata(Map<String, String> entries) {
        return new OnnxOptions(form, precision, layerNormOp, taps, adapters, entries);
    }

    /**
     * With the adapters whose A and B are among these parameters.
     *
     * @param parameters shapes by key; see {@link Lora#A}
     */
    public OnnxOptions withAdaptersOf(Map<String, long[]> parameters) {
        Map<String, Integer> ranks = new TreeMap<>();
        parameters.forEach((key, shape) -> {
            if (key.endsWith(Lora.A)) {
                ranks.put(key.substring(0, key.length() - Lora.A.length()), Math.toIntExact(shape[0]));
            }
        });
        return new OnnxOptions(form, precision, layerNormOp, taps, ranks, metadata);
    }
}
