package mixgrpo.runtime.tensorrt;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** An array in the memory of a GPU, float32, or int64 for ids, with as much memory of the machine that values pass through. */
final class DeviceArray implements AutoCloseable {

    private final String name;
    private final boolean ids;
    private final long[] shape;
    private final int elements;
    private final Pointer memory;
    private final ByteBuffer passing;

    /** In the memory of the GPU in use. */
    DeviceArray(String name, boolean ids, long[] shape) {
        this.name = name;
        this.ids = ids;
        this.shape = shape.clone();
        elements = Math.toIntExact(Array.elements(shape));
        passing = ByteBuffer.allocateDirect(Math.multiplyExact(elements, ids ? Long.BYTES : Float.BYTES))
                .order(ByteOrder.nativeOrder());
        memory = Cuda.allocate(passing.capacity());
    }

    Pointer memory() {
        return memory;
    }

    long[] shape() {
        return shape.clone();
    }

    private void checkElements(float[] values) {
        if (values.length != elements) {
            throw new IllegalArgumentException("'%s': expected %d values for shape %s, got %d"
                    .formatted(name, elements, Arrays.toString(shape), values.length));
        }
    }

    /** @param stream that sends them; they are there when this returns, as with everything below */
    void set(float[] values, CUstream_st stream) {
        checkElements(values);
        if (ids) {
            for (int i = 0; i < elements; i++) {
                if (values[i] != (long) values[i]) {
                    throw new IllegalArgumentException(
                            "'%s': expected whole numbers, got %s at %d".formatted(name, values[i], i));
                }
                passing.putLong(i * Long.BYTES, (long) values[i]);
            }
        } else {
            passing.asFloatBuffer().put(values);
        }
        send(stream);
    }

    /** Reads a weight of this shape. */
    void set(Weights weights, String key, CUstream_st stream) {
        weights.read(key, passing.asFloatBuffer());
        send(stream);
    }

    private void send(CUstream_st stream) {
        copy(memory, new BytePointer(passing), cudart.cudaMemcpyHostToDevice, stream);
    }

    /** Copies on the GPU. */
    void set(DeviceArray source, CUstream_st stream) {
        if (ids != source.ids || !Arrays.equals(shape, source.shape)) {
            throw new IllegalArgumentException("'%s' %s cannot feed '%s' %s: expected the same shape and kind"
                    .formatted(source.name, Arrays.toString(source.shape), name, Arrays.toString(shape)));
        }
        copy(memory, source.memory, cudart.cudaMemcpyDeviceToDevice, stream);
    }

    void get(float[] target, CUstream_st stream) {
        checkElements(target);
        copy(new BytePointer(passing), memory, cudart.cudaMemcpyDeviceToHost, stream);
        if (ids) {
            for (int i = 0; i < elements; i++) {
                target[i] = passing.getLong(i * Long.BYTES);
            }
        } else {
            passing.asFloatBuffer().get(target);
        }
    }

    private void copy(Pointer target, Pointer source, int direction, CUstream_st stream) {
        String doing = "copying '%s'".formatted(name);
        Cuda.check(cudart.cudaMemcpyAsync(target, source, passing.capacity(), direction, stream), doing);
        Cuda.check(cudart.cudaStreamSynchronize(stream), doing);
    }

    @Override
    public void close() {
        Cuda.free(memory);
    }
}
