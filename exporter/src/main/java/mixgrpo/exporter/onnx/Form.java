package mixgrpo.exporter.onnx;

/** Which operators a graph is made of. */
public enum Form {
    /** Primitives of operator set 18: what every runtime and TensorRT's parser know. */
    PORTABLE(18, 8),
    /**
     * Operator set 23, with its fused operators where they pay on ONNX Runtime's CPU kernels: RMSNormalization, RotaryEmbedding
     * (4 % of a pass each) and Gelu (as fast as what the primitives are fused to, but quicker to load). Its Attention is not
     * faster than the primitives.
     */
    ORT(23, 10);

    private final int opset;
    private final int irVersion;

    Form(int opset, int irVersion) {
        this.opset = opset;
        this.irVersion = irVersion;
    }

    /** Version of the default operator set. */
    public int opset() {
        return opset;
    }

    /** Version of the file format. */
    int irVersion() {
        return irVersion;
    }
}
