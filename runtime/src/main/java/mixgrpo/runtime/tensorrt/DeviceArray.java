package mixgrpo.runtime.tensorrt;

import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.HostArray;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** An array in the memory of a GPU, with as much memory of the machine that values pass through. */
final class DeviceArray implements AutoCloseable {

    private final HostArray passing;
    private final Pointer memory;

    /** In the memory of the GPU in use. */
    DeviceArray(String name, boolean ids, long[] shape) {
        passing = new HostArray(name, ids, shape);
        memory = Cuda.allocate(passing.bytes().capacity());
    }

    Pointer memory() {
        return memory;
    }

    long[] shape() {
        return passing.shape();
    }

    /** @param stream that sends them; they are there when this returns, as with everything below */
    void set(float[] values, CUstream_st stream) {
        passing.set(values);
        send(stream);
    }

    /** Reads a weight of this shape. */
    void set(Weights weights, String key, CUstream_st stream) {
        passing.set(weights, key);
        send(stream);
    }

    private void send(CUstream_st stream) {
        copy(memory, new BytePointer(passing.bytes()), cudart.cudaMemcpyHostToDevice, stream);
    }

    void get(float[] target, CUstream_st stream) {
        copy(new BytePointer(passing.bytes()), memory, cudart.cudaMemcpyDeviceToHost, stream);
        passing.get(target);
    }

    private void copy(Pointer target, Pointer source, int direction, CUstream_st stream) {
        String doing = "copying '%s'".formatted(passing.name());
        Cuda.check(cudart.cudaMemcpyAsync(target, source, passing.bytes().capacity(), direction, stream), doing);
        Cuda.check(cudart.cudaStreamSynchronize(stream), doing);
    }

    @Override
    public void close() {
        Cuda.free(memory);
    }
}
