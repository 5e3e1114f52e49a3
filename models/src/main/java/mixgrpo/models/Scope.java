package mixgrpo.models;

/**
 * Where a stage finds its parameters. Names are relative to the stage; the interpreter puts the stage's path in front, and the
 * result is the safetensors key, the trainer's parameter, the ONNX initializer and the refit name.
 */
public interface Scope {

    /**
     * The parameter {@code name} of the given shape.
     *
     * @throws IllegalStateException if the weights have another shape or lack it
     */
    Tensor param(String name, long... shape);

    /** {@code x W^T + b} over the last axis; W is {@code name.weight [out, in]}, b is {@code name.bias [out]}. */
    Tensor linear(String name, Tensor x, int in, int out);

    /** {@link #linear} without bias. */
    Tensor linearWithoutBias(String name, Tensor x, int in, int out);

    /**
     * Square convolution of {@code [B, in, H, W]} with {@code name.weight [out, in, kernel, kernel]} and
     * {@code name.bias [out]}; zero padding on all sides.
     */
    Tensor conv2d(String name, Tensor x, int in, int out, int kernel, int stride, int padding);

    /** Rows of {@code name.weight [rows, dim]} picked by {@code ids} (whole numbers, any shape): {@code [..., dim]}. */
    Tensor embedding(String name, Tensor ids, int rows, int dim);

    /** Names an inner value by diffusers' module path: an output in parity tests, nothing otherwise. Returns the value. */
    Tensor tap(String name, Tensor value);
}
