package mixgrpo.models.lora;

import java.util.Arrays;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;

/**
 * What an adapter adds to one linear layer: {@code y = W x + bias + scale * B A x} (arXiv 2106.09685, section 4.1). The
 * arrays are shared with whoever made it and must not change.
 *
 * @param a {@code [rank, in]}
 * @param b {@code [out, rank]}
 * @param scale the factor of the product, alpha / rank in most files
 */
public record LoraFactors(Array a, Array b, double scale) {

    /** @throws IllegalArgumentException if the two are not matrices of one rank, or the scale is not finite */
    public LoraFactors {
        if (a.shape().length != 2 || b.shape().length != 2 || a.shape()[0] != b.shape()[1] || a.shape()[0] == 0) {
            throw new IllegalArgumentException("expected A [rank, in] and B [out, rank], got %s and %s"
                    .formatted(Arrays.toString(a.shape()), Arrays.toString(b.shape())));
        }
        if (!Double.isFinite(scale)) {
            throw new IllegalArgumentException("expected a finite scale, got " + scale);
        }
    }

    /** The factors that {@code parameters} hold now for a layer, copied. */
    static LoraFactors of(Weights parameters, String layer, double scale) {
        return new LoraFactors(array(parameters, layer + Lora.A), array(parameters, layer + Lora.B), scale);
    }

    private static Array array(Weights parameters, String key) {
        long[] shape = parameters.shapes().get(key);
        if (shape == null) {
            throw new IllegalArgumentException(
                    "no array '%s', which belongs to an adapter's other half".formatted(key));
        }
        return new Array(shape, parameters.floats(key));
    }

    public int rank() {
        return (int) a.shape()[0];
    }

    /** Inputs of the layer. */
    public int in() {
        return (int) a.shape()[1];
    }

    /** Outputs of the layer. */
    public int out() {
        return (int) b.shape()[0];
    }

    /** {@code scale * rank}, as files say it. */
    public double alpha() {
        return scale * rank();
    }

    /** The same factors times {@code factor}. */
    public LoraFactors times(double factor) {
        return new LoraFactors(a, b, scale * factor);
    }

    /** The same product with another scale: B takes up the difference, in float32. */
    public LoraFactors withScale(double other) {
        if (other == scale) {
            return this;
        }
        float factor = (float) (scale / other);
        float[] values = b.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        return new LoraFactors(a, new Array(b.shape(), values), other);
    }

    /**
     * Adds {@code scale * B A} to the weight of the layer, in float32: the product is summed first, as peft does.
     *
     * @param weight {@code [out, in]}, changed
     */
    public void addTo(float[] weight) {
        int in = in();
        int rank = rank();
        float factor = (float) scale;
        float[] product = new float[in];
        for (int row = 0; row < out(); row++) {
            Arrays.fill(product, 0);
            for (int r = 0; r < rank; r++) {
                float left = b.values()[row * rank + r];
                int start = r * in;
                for (int column = 0; column < in; column++) {
                    product[column] += left * a.values()[start + column];
                }
            }
            for (int column = 0; column < in; column++) {
                weight[row * in + column] += factor * product[column];
            }
        }
    }
}
