package mixgrpo.models;

import java.util.List;

/**
 * A value in a forward pass: computed by one interpreter, recorded by another. Immutable. Broadcasting, axes and reshapes
 * follow ONNX and NumPy; a negative axis counts from the end. Both operands of an operation come from the same interpreter.
 * Norms, softmax and attention are named operations because every interpreter computes them in float32 and in its best form.
 */
public interface Tensor {

    Tensor plus(Tensor other);

    Tensor plus(double value);

    Tensor minus(Tensor other);

    Tensor times(Tensor other);

    Tensor times(double factor);

    /** Matrix product over the last two axes; leading axes broadcast. */
    Tensor matmul(Tensor other);

    /** Reshapes; 0 copies the extent of the input at the same place, -1 infers one. */
    Tensor reshape(long... dims);

    /** The same elements in the shape of {@code like}, whose extents may be symbolic. */
    Tensor reshapeLike(Tensor like);

    Tensor permute(int... axes);

    /** {@code parts} equal pieces along {@code axis}, whose extent is a multiple of it and known in the definition. */
    List<Tensor> chunk(int parts, int axis);

    /** The elements {@code start} (inclusive) to {@code end} (exclusive) along {@code axis}. */
    Tensor slice(int axis, long start, long end);

    /** This value followed by {@code other} along {@code axis}. */
    Tensor concat(int axis, Tensor other);

    /** The leading part along {@code axis} that is as long there as {@code like}: undoes {@code like.concat(axis, rest)}. */
    Tensor headLike(int axis, Tensor like);

    /** What follows {@link #headLike}. */
    Tensor tailAfter(int axis, Tensor like);

    Tensor sigmoid();

    Tensor tanh();

    /** {@code x * sigmoid(x)}. */
    Tensor silu();

    /** Gaussian error linear unit, exact (erf) form. */
    Tensor gelu();

    /** Gaussian error linear unit, tanh form. */
    Tensor geluTanh();

    /** {@code x * sigmoid(1.702 x)}. */
    Tensor quickGelu();

    Tensor exp();

    Tensor clamp(double low, double high);

    /** Softmax over the last axis, in float32. */
    Tensor softmax();

    /** Layer norm over the last axis without weights: {@code (x - mean) / sqrt(var + eps)}, population variance. */
    Tensor layerNorm(double eps);

    /** Root-mean-square norm over the last axis: {@code x / sqrt(mean(x^2) + eps) * weight}; weight {@code [C]}. */
    Tensor rmsNorm(Tensor weight, double eps);

    /** Group norm of {@code [B, C, H, W]} with weight and bias {@code [C]}. */
    Tensor groupNorm(int groups, Tensor weight, Tensor bias, double eps);

    /**
     * {@code softmax(scale * q k^T) v} with this value as q; all {@code [B, heads, N, D]}, key and value of one length.
     */
    Tensor attention(Tensor key, Tensor value, double scale);

    /** Attention with {@code bias} (broadcast to {@code [B, heads, N, M]}) added to the scaled scores. */
    Tensor attention(Tensor key, Tensor value, Tensor bias, double scale);

    /**
     * Rotary position embedding of {@code [B, heads, N, D]}, neighbouring pairs: {@code (a, b) -> (a cos - b sin, b cos + a sin)},
     * in float32. {@code cos} and {@code sin} are {@code [N, D]}, every value twice.
     */
    Tensor rotary(Tensor cos, Tensor sin);

    /** Zero padding of {@code [B, C, H, W]} on the four sides. */
    Tensor pad2d(int left, int right, int top, int bottom);

    /** Nearest-neighbour enlargement of {@code [B, C, H, W]} to {@code [B, C, 2H, 2W]}. */
    Tensor upsampleNearest2x();
}
