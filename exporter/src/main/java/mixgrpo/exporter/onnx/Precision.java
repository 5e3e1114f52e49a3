package mixgrpo.exporter.onnx;

/** The number format in which a graph multiplies token sequences by weights. Inputs, outputs and weights are float32 in each. */
public enum Precision {
    /** float32. */
    FP32,
    /**
     * 8-bit integers: weights with a scale for each output, made when the graph is loaded; activations with one scale for all that go
     * through a layer together, made in every pass ("dynamic quantization"). Layers narrower than {@value QuantizedLinear#NARROWEST}
     * channels, those of the conditioning vector, convolutions, norms and attention stay float32. A value therefore depends slightly
     * on what else is in its batch.
     */
    INT8
}
