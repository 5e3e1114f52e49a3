package mixgrpo.exporter.onnx;

import java.util.regex.Pattern;

/**
 * The number format in which a graph multiplies by weights. Inputs and outputs, sums, norms, softmax, rotary positions and activation functions are
 * float32 in each.
 */
public enum Precision {
    /** float32. */
    FP32(ElementType.FLOAT),
    /**
     * Half precision: linear layers, convolutions and the two products of attention. Their weights are stored so, and embeddings'.
     * Layers that it does not hold stay float32, see {@link #of}.
     */
    FP16(ElementType.FLOAT16),
    /** The same in bfloat16. ONNX Runtime has no such products on a CPU. */
    BF16(ElementType.BFLOAT16),
    /**
     * 8-bit integers: weights with a scale for each output, made when the graph is loaded; activations with one scale for all that go
     * through a layer together, made in every pass ("dynamic quantization"). Layers narrower than {@value QuantizedLinear#NARROWEST}
     * channels, those of the conditioning vector, of queries and keys, convolutions, norms and attention stay float32. A value therefore depends
     * slightly on what else is in its batch.
     */
    INT8(ElementType.FLOAT);

    /**
     * The embeddings of timestep and guidance, whose arguments reach thousands, with the one of the pooled text beside them; and the
     * projection in T5 whose results half precision does not hold (transformers, T5PreTrainedModel._keep_in_fp32_modules).
     */
    private static final Pattern KEPT = Pattern.compile("time_text_embed\\..*|.*\\.DenseReluDense\\.wo");

    private final ElementType type;

    Precision(ElementType type) {
        this.type = type;
    }

    /** Of products of two activations, and of what is stored beside the layers' weights. */
    ElementType type() {
        return type;
    }

    /**
     * Of a layer's product.
     *
     * @param layer its path in the network
     */
    ElementType of(String layer) {
        return KEPT.matcher(layer).matches() ? ElementType.FLOAT : type;
    }

    /** Operator set that the portable form needs: convolutions of bfloat16 came with 22. */
    int opset(Form form) {
        return this == BF16 ? Math.max(form.opset(), 22) : form.opset();
    }

    /** Version of the file format that goes with {@link #opset}. */
    int irVersion(Form form) {
        return this == BF16 ? Math.max(form.irVersion(), 10) : form.irVersion();
    }
}
