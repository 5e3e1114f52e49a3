package mixgrpo.trainer.torchscript;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import mixgrpo.models.weights.Weights;

/**
 * Float32 values on their way between Java and the device of libtorch's arrays. On the CPU an array lies in the memory that it is made
 * with; on a GPU it is a copy, and all can be sent through the same memory, which the collector would free late.
 */
final class ArrayTransfer {

    private final NDManager owner;
    private ByteBuffer memory = direct(0);

    /** @param owner of the arrays, and their device */
    ArrayTransfer(NDManager owner) {
        this.owner = owner;
    }

    /** An array with these weights. */
    NDArray upload(Weights weights, String key, Shape shape) {
        int bytes = Math.toIntExact(Math.multiplyExact(Float.BYTES, shape.size()));
        if (!owner.getDevice().isGpu() || memory.capacity() < bytes) {
            memory = direct(bytes);
        }
        ByteBuffer values = memory.slice(0, bytes).order(ByteOrder.nativeOrder());
        weights.read(key, values.asFloatBuffer());
        return owner.create(values, shape, DataType.FLOAT32);
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes);
    }

    /** An array of the owner's with these values. */
    static NDArray floats(NDManager owner, float[] values, Shape shape) {
        return owner.create(FloatBuffer.wrap(values), shape, DataType.FLOAT32);
    }

    /**
     * Puts the values of a contiguous array into {@code target}. DJL's own ways leave a copy of a GPU's array with the array's owner, parameter
     * by parameter at every sync.
     */
    static void read(NDArray array, FloatBuffer target) {
        NDArray here = array.toDevice(Device.cpu(), false);
        try {
            target.put(here.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer());
        } finally {
            if (here != array) {
                here.close();
            }
        }
    }
}
