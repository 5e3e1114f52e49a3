package mixgrpo.exporter.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * How a network is written as ONNX.
 *
 * @param form the operators
 * @param precision of linear layers over token sequences
 * @param layerNormOp layer norm as one operator (TensorRT's natural form) instead of primitives (8 times faster on ONNX
 *     Runtime's CPU kernels)
 * @param taps tapped values become further outputs, under their full keys
 * @param metadata entries of the file's {@code metadata_props}
 */
public record OnnxOptions(
        Form form, Precision precision, boolean layerNormOp, boolean taps, Map<String, String> metadata) {

    public OnnxOptions {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(precision, "precision");
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /** Primitives of operator set 18. */
    public static OnnxOptions portable() {
        return new OnnxOptions(Form.PORTABLE, Precision.FP32, false, false, Map.of());
    }

    /** The fastest form on ONNX Runtime's CPU kernels. */
    public static OnnxOptions ort() {
        return new OnnxOptions(Form.ORT, Precision.FP32, false, false, Map.of());
    }

    public OnnxOptions withPrecision(Precision other) {
        return new OnnxOptions(form, other, layerNormOp, taps, metadata);
    }

    public OnnxOptions withLayerNormOp() {
        return new OnnxOptions(form, precision, true, taps, metadata);
    }

    public OnnxOptions withTaps() {
        return new OnnxOptions(form, precision, layerNormOp, true, metadata);
    }

    public OnnxOptions withMetadata(Map<String, String> entries) {
        return new OnnxOptions(form, precision, layerNormOp, taps, entries);
    }
}
