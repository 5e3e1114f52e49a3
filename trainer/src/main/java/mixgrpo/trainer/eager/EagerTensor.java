package mixgrpo.trainer.eager;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import mixgrpo.models.Tensor;

/**
 * A value that is there: a float32 array, or whole numbers for ids. Every result belongs to the manager of the operation's left
 * operand, which is that of the stage under way.
 */
record EagerTensor(NDArray array) implements Tensor {

    /** @throws IllegalStateException if the value is another interpreter's */
    static NDArray array(Tensor tensor) {
        if (tensor instanceof EagerTensor eager) {
            return eager.array;
        }
        throw new IllegalStateException("expected a value of the eager interpreter, got " + tensor.getClass());
    }

    @Override
    public Tensor plus(Tensor other) {
        return new EagerTensor(array.add(array(other)));
    }

    @Override
    public Tensor plus(double value) {
        return new EagerTensor(array.add((float) value));
    }

    @Override
    public Tensor minus(Tensor other) {
        return new EagerTensor(array.sub(array(other)));
    }

    @Override
    public Tensor times(Tensor other) {
        return new EagerTensor(array.mul(array(other)));
    }

    @Override
    public Tensor times(double factor) {
        return new EagerTensor(array.mul((float) factor));
    }

    @Override
    public Tensor matmul(Tensor other) {
        return new EagerTensor(array.matMul(array(other)));
    }

    @Override
    public Tensor reshape(long... dims) {
        long[] extents = dims.clone();
        for (int axis = 0; axis < dims.length; axis++) {
            extents[axis] = dims[axis] == 0 ? array.size(axis) : dims[axis];
        }
        return new EagerTensor(array.reshape(extents));
    }

    @Override
    public Tensor reshapeLike(Tensor like) {
        return new EagerTensor(array.reshape(array(like).getShape()));
    }

    @Override
    public Tensor permute(int... axes) {
        return new EagerTensor(
                array.transpose(Arrays.stream(axes).map(this::axis).toArray()));
    }

    @Override
    public List<Tensor> chunk(int parts, int axis) {
        long size = array.size(axis(axis)) / parts;
        return IntStream.range(0, parts)
                .mapToObj(part -> slice(axis, part * size, (part + 1) * size))
                .toList();
    }

    @Override
    public Tensor slice(int axis, long start, long end) {
        return new EagerTensor(array.get(new NDIndex().addAllDim(axis(axis)).addSliceDim(start, end)));
    }

    @Override
    public Tensor concat(int axis, Tensor other) {
        return new EagerTensor(NDArrays.concat(new NDList(array, array(other)), axis(axis)));
    }

    @Override
    public Tensor headLike(int axis, Tensor like) {
        return slice(axis, 0, array(like).size(axis(axis, like)));
    }

    @Override
    public Tensor tailAfter(int axis, Tensor like) {
        return slice(axis, array(like).size(axis(axis, like)), array.size(axis(axis)));
    }

    private int axis(int axis) {
        return axis(axis, this);
    }

    /** DJL counts some axes from the start only. */
    private static int axis(int axis, Tensor of) {
        return axis < 0 ? axis + array(of).getShape().dimension() : axis;
    }

    @Override
    public Tensor sigmoid() {
        return new EagerTensor(array.getNDArrayInternal().sigmoid());
    }

    @Override
    public Tensor tanh() {
        return new EagerTensor(array.tanh());
    }

    @Override
    public Tensor silu() {
        return times(sigmoid());
    }

    @Override
    public Tensor gelu() {
        return new EagerTensor(array.getNDArrayInternal().gelu());
    }

    @Override
    public Tensor geluTanh() {
        Tensor cubic = plus(times(this).times(this).times(0.044715));
        return times(cubic.times(Math.sqrt(2 / Math.PI)).tanh().plus(1)).times(0.5);
    }

    @Override
    public Tensor quickGelu() {
        return times(times(1.702).sigmoid());
    }

    @Override
    public Tensor exp() {
        return new EagerTensor(array.exp());
    }

    @Override
    public Tensor clamp(double low, double high) {
        return new EagerTensor(array.clip(low, high));
    }

    @Override
    public Tensor softmax() {
        return new EagerTensor(array.softmax(-1));
    }

    @Override
    public Tensor layerNorm(double eps) {
        return normalised(array, eps, axis(-1));
    }

    /** {@code (x - mean) / sqrt(variance + eps)}, mean and population variance over some axes. */
    private static EagerTensor normalised(NDArray x, double eps, int... axes) {
        NDArray centred = x.sub(x.mean(axes, true));
        NDArray variance = centred.mul(centred).mean(axes, true);
        return new EagerTensor(centred.div(variance.add((float) eps).sqrt()));
    }

    @Override
    public Tensor rmsNorm(Tensor weight, double eps) {
        NDArray square = array.mul(array).mean(new int[] {axis(-1)}, true);
        return new EagerTensor(array.div(square.add((float) eps).sqrt()).mul(array(weight)));
    }

    @Override
    public Tensor groupNorm(int groups, Tensor weight, Tensor bias, double eps) {
        NDArray grouped = array.reshape(array.size(0), groups, -1);
        Tensor normal = new EagerTensor(normalised(grouped, eps, 2).array.reshape(array.getShape()));
        return normal.times(weight.reshape(-1, 1, 1)).plus(bias.reshape(-1, 1, 1));
    }

    @Override
    public Tensor attention(Tensor key, Tensor value, double scale) {
        return scores(key, scale).softmax().matmul(value);
    }

    @Override
    public Tensor attention(Tensor key, Tensor value, Tensor bias, double scale) {
        return scores(key, scale).plus(bias).softmax().matmul(value);
    }

    private Tensor scores(Tensor key, double scale) {
        return matmul(key.permute(0, 1, 3, 2)).times(scale);
    }

    @Override
    public Tensor rotary(Tensor cos, Tensor sin) {
        NDArray pairs = array.reshape(array.size(0), array.size(1), array.size(2), -1, 2);
        NDArray turned =
                pairs.get("..., 1").neg().stack(pairs.get("..., 0"), -1).reshape(array.getShape());
        return times(cos).plus(new EagerTensor(turned).times(sin));
    }

    @Override
    public Tensor pad2d(int left, int right, int top, int bottom) {
        return padded(3, left, right).padded(2, top, bottom);
    }

    private EagerTensor padded(int axis, int before, int after) {
        NDArray padded = NDArrays.concat(new NDList(zeros(axis, before), array, zeros(axis, after)), axis);
        return new EagerTensor(padded);
    }

    private NDArray zeros(int axis, int extent) {
        long[] shape = array.getShape().getShape().clone();
        shape[axis] = extent;
        return array.getManager().zeros(new Shape(shape), DataType.FLOAT32);
    }

    @Override
    public Tensor upsampleNearest2x() {
        return new EagerTensor(array.repeat(2, 2).repeat(3, 2));
    }
}
