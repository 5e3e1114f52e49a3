package mixgrpo.exporter.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.Weights;

/**
 * How a network is written as ONNX.
 *
 * @param form the operators
 * @param precision of products
 * @param layerNormOp layer norm as one operator (TensorRT's natural form) instead of primitives (8 times faster on ONNX
 *     Runtime's CPU kernels)
 * @param taps tapped values become further outputs, under their full keys
 * @param adapters ranks of the low-rank adapters of linear layers, by the layers' paths: such a layer gets A and B as parameters of their
 *     own, float32 in each precision, and the graph an input {@value Lora#SCALE} of one factor a sample
 * @param stored how parameters lie in the file, by key, where that is not what they are computed with: the graph converts them
 * @param metadata entries of the file's {@code metadata_props}
 */
public record OnnxOptions(
        Form form,
        Precision precision,
        boolean layerNormOp,
        boolean taps,
        Map<String, Integer> adapters,
        Map<String, ElementType> stored,
        Map<String, String> metadata) {

    public OnnxOptions {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(precision, "precision");
        adapters = Collections.unmodifiableMap(new TreeMap<>(adapters));
        stored = Collections.unmodifiableMap(new LinkedHashMap<>(stored));
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /** Of a form, in float32. */
    public static OnnxOptions of(Form form) {
        return new OnnxOptions(form, Precision.FP32, false, false, Map.of(), Map.of(), Map.of());
    }

    /** Primitives of operator set 18. */
    public static OnnxOptions portable() {
        return of(Form.PORTABLE);
    }

    /** The fastest form on ONNX Runtime's CPU kernels. */
    public static OnnxOptions ort() {
        return of(Form.ORT);
    }

    public OnnxOptions withPrecision(Precision other) {
        return new OnnxOptions(form, other, layerNormOp, taps, adapters, stored, metadata);
    }

    public OnnxOptions withLayerNormOp() {
        return new OnnxOptions(form, precision, true, taps, adapters, stored, metadata);
    }

    public OnnxOptions withTaps() {
        return new OnnxOptions(form, precision, layerNormOp, true, adapters, stored, metadata);
    }

    public OnnxOptions withMetadata(Map<String, String> entries) {
        return new OnnxOptions(form, precision, layerNormOp, taps, adapters, stored, entries);
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
        return new OnnxOptions(form, precision, layerNormOp, taps, ranks, stored, metadata);
    }

    /** With parameters stored as they are in the files of {@code weights}, where a graph can read them there. */
    public OnnxOptions withTypesOf(Weights weights) {
        Map<String, ElementType> types = new LinkedHashMap<>();
        for (String key : weights.shapes().keySet()) {
            SourceFiles.place(weights, key)
                    .flatMap(array -> ElementType.of(array.dtype()))
                    .ifPresent(type -> types.put(key, type));
        }
        return new OnnxOptions(form, precision, layerNormOp, taps, adapters, types, metadata);
    }
}
