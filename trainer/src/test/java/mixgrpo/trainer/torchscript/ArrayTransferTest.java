package mixgrpo.trainer.torchscript;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.trainer.libtorch.DeviceChoice;
import mixgrpo.trainer.libtorch.TorchDevice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ArrayTransferTest {

    @Test
    void whatIsSentComesBackAndNothingStays() {
        comesBackFrom(TorchDevice.CPU);
    }

    @Tag("gpu")
    @Test
    void theSameOnAGpu() {
        assumeTrue(TorchDevice.isBuiltForGpus(), "this build has libtorch for the CPU only");
        comesBackFrom(TorchDevice.of(DeviceChoice.GPU));
    }

    /** Several arrays of different sizes, so that memory which they share would show. */
    private static void comesBackFrom(TorchDevice device) {
        float[] large = {1, 2, 3, 4, 5, 6};
        float[] small = {-1, -2};
        var weights = new ArrayWeights(Map.of("large", Array.of(large, 2, 3), "small", Array.of(small, 2)));
        try (NDManager owner = device.newManager()) {
            ArrayTransfer transfer = new ArrayTransfer(owner);
            NDArray first = transfer.upload(weights, "large", new Shape(2, 3));
            NDArray second = transfer.upload(weights, "small", new Shape(2));
            NDArray third = ArrayTransfer.floats(owner, new float[] {7}, new Shape());
            int arrays = owner.getManagedArrays().size();
            assertArrayEquals(large, values(first, 6));
            assertArrayEquals(small, values(second, 2));
            assertArrayEquals(new float[] {7}, values(third, 1));
            assertEquals(arrays, owner.getManagedArrays().size());
            assertEquals(device.isGpu(), first.getDevice().isGpu());
        }
    }

    private static float[] values(NDArray array, int count) {
        float[] values = new float[count];
        ArrayTransfer.read(array, FloatBuffer.wrap(values));
        return values;
    }
}
