package mixgrpo.runtime.tensorrt;

import java.util.List;
import org.bytedeco.tensorrt.nvinfer.Dims64;

/** Shapes as TensorRT has them. */
final class Dimensions {

    private Dimensions() {}

    static Dims64 of(List<Long> shape) {
        return of(ShapeProfile.array(shape));
    }

    static Dims64 of(long[] shape) {
        Dims64 dimensions = new Dims64().nbDims(shape.length);
        for (int axis = 0; axis < shape.length; axis++) {
            dimensions.d(axis, shape[axis]);
        }
        return dimensions;
    }

    static long[] shape(Dims64 dimensions) {
        long[] shape = new long[Math.max(0, dimensions.nbDims())];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = dimensions.d(axis);
        }
        return shape;
    }
}
