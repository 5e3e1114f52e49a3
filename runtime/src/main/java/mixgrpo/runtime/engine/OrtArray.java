package mixgrpo.runtime.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import mixgrpo.models.weights.Weights;

/** One array of a bound run that ONNX Runtime reads and writes in place. */
final class OrtArray implements AutoCloseable {

    private final HostArray values;
    private final OnnxTensor tensor;

    OrtArray(Port port, long[] shape) throws OrtException {
        values = new HostArray(port.name(), port.ids(), shape);
        tensor = port.ids()
                ? OnnxTensor.createTensor(OrtRuntime.environment(), values.longs(), shape)
                : OnnxTensor.createTensor(OrtRuntime.environment(), values.floats(), shape);
    }

    OnnxTensor tensor() {
        return tensor;
    }

    long[] shape() {
        return values.shape();
    }

    void set(float[] from) {
        values.set(from);
    }

    /** Reads a weight of this shape, float32, straight into place. */
    void set(Weights weights, String key) {
        values.set(weights, key);
    }

    /** Takes over the values of a tensor of the same shape and type that ONNX Runtime allocated. */
    void set(OnnxTensor source) {
        if (values.ids()) {
            values.longs().put(source.getLongBuffer());
        } else {
            values.floats().put(source.getFloatBuffer());
        }
    }

    void get(float[] target) {
        values.get(target);
    }

    @Override
    public void close() {
        tensor.close();
    }
}
