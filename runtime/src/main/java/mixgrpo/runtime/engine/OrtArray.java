package mixgrpo.runtime.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;

/** One array of a bound run, in memory that ONNX Runtime reads and writes in place: float32, or int64 for ids. */
final class OrtArray implements AutoCloseable {

    private final Port port;
    private final long[] shape;
    private final FloatBuffer floats;
    private final LongBuffer longs;
    private final OnnxTensor tensor;

    OrtArray(Port port, long[] shape) throws OrtException {
        this.port = port;
        this.shape = shape.clone();
        int elements = Math.toIntExact(Array.elements(shape));
        ByteBuffer bytes = ByteBuffer.allocateDirect(
                        Math.multiplyExact(elements, port.ids() ? Long.BYTES : Float.BYTES))
                .order(ByteOrder.nativeOrder());
        floats = port.ids() ? null : bytes.asFloatBuffer();
        longs = port.ids() ? bytes.asLongBuffer() : null;
        tensor = port.ids()
                ? OnnxTensor.createTensor(OrtRuntime.environment(), longs, shape)
                : OnnxTensor.createTensor(OrtRuntime.environment(), floats, shape);
    }

    OnnxTensor tensor() {
        return tensor;
    }

    long[] shape() {
        return shape.clone();
    }

    private int elements() {
        return port.ids() ? longs.capacity() : floats.capacity();
    }

    private void checkElements(float[] values) {
        if (values.length != elements()) {
            throw new IllegalArgumentException("'%s': expected %d values for shape %s, got %d"
                    .formatted(port.name(), elements(), Arrays.toString(shape), values.length));
        }
    }

    void set(float[] values) {
        checkElements(values);
        if (!port.ids()) {
            floats.put(0, values);
            return;
        }
        for (int i = 0; i < values.length; i++) {
            if (values[i] != (long) values[i]) {
                throw new IllegalArgumentException(
                        "'%s': expected whole numbers, got %s at %d".formatted(port.name(), values[i], i));
            }
            longs.put(i, (long) values[i]);
        }
    }

    /** Reads a weight of this shape, float32, straight into place. */
    void set(Weights weights, String key) {
        weights.read(key, floats.duplicate().clear());
    }

    void set(OrtArray source) {
        if (port.ids() != source.port.ids() || !Arrays.equals(shape, source.shape)) {
            throw new IllegalArgumentException("'%s' %s cannot feed '%s' %s: expected the same shape and kind"
                    .formatted(source.port.name(), Arrays.toString(source.shape), port.name(), Arrays.toString(shape)));
        }
        if (port.ids()) {
            longs.put(0, source.longs, 0, longs.capacity());
        } else {
            floats.put(0, source.floats, 0, floats.capacity());
        }
    }

    /** Takes over the values of a tensor of the same shape and type that ONNX Runtime allocated. */
    void set(OnnxTensor source) {
        if (port.ids()) {
            longs.put(0, source.getLongBuffer(), 0, longs.capacity());
        } else {
            floats.put(0, source.getFloatBuffer(), 0, floats.capacity());
        }
    }

    void get(float[] target) {
        checkElements(target);
        if (!port.ids()) {
            floats.get(0, target);
            return;
        }
        for (int i = 0; i < target.length; i++) {
            target[i] = longs.get(i);
        }
    }

    @Override
    public void close() {
        tensor.close();
    }
}
