package mixgrpo.models.dit;

import java.util.List;
import mixgrpo.models.Scope;
import mixgrpo.models.Tensor;

/** Layers that diffusers' transformers have in common. Norms in them have no weights of their own. */
public final class DitLayers {

    /** Added to variances and mean squares, by all norms. */
    public static final double EPS = 1e-6;

    private DitLayers() {}

    /** Linear, SiLU, linear: {@code [B, in]} to {@code [B, dim]}. */
    public static Tensor embedding(Scope scope, String path, Tensor x, int in, int dim) {
        Tensor hidden = scope.linear(path + ".linear_1", x, in, dim).silu();
        return scope.tap(path, scope.linear(path + ".linear_2", hidden, dim, dim));
    }

    /**
     * What conditioning {@code temb [B, C]} says about a norm, {@code parts} times {@code [B, 1, C]}. The order is shift, scale,
     * gate of attention; with six the same of the MLP follow, with nine those of a second attention too.
     */
    public static List<Tensor> modulation(Scope scope, String norm, Tensor temb, int dim, int parts) {
        List<Tensor> modulation = scope.linear(norm + ".linear", temb.silu(), dim, parts * dim)
                .reshape(0, 1, -1)
                .chunk(parts, -1);
        if (parts >= 6) {
            scope.tap(norm + ".gate_msa", modulation.get(2));
            scope.tap(norm + ".shift_mlp", modulation.get(3));
            scope.tap(norm + ".scale_mlp", modulation.get(4));
            scope.tap(norm + ".gate_mlp", modulation.get(5));
        }
        return modulation;
    }

    /** {@code x (1 + scale) + shift}. */
    public static Tensor modulate(Tensor x, Tensor shift, Tensor scale) {
        return x.times(scale.plus(1)).plus(shift);
    }

    /** Norm of {@code [B, N, C]} with scale BEFORE shift in its linear layer, unlike {@link #modulation} (AdaLayerNormContinuous). */
    public static Tensor continuousNorm(Scope scope, String norm, Tensor x, Tensor temb, int dim) {
        List<Tensor> parts = modulation(scope, norm, temb, dim, 2);
        return scope.tap(norm, modulate(x.layerNorm(EPS), parts.get(1), parts.get(0)));
    }

    /**
     * {@code [B, N, C]} plus its gated MLP, four times as wide inside.
     *
     * @param parts {@link #modulation} of the block, six or more
     */
    public static Tensor withFeedForward(
            Scope scope, String norm, String feedForward, Tensor x, List<Tensor> parts, int dim) {
        Tensor normal = scope.tap(norm, x.layerNorm(EPS));
        Tensor inner = scope.linear(
                        feedForward + ".net.0.proj", modulate(normal, parts.get(3), parts.get(4)), dim, 4 * dim)
                .geluTanh();
        Tensor out = scope.tap(feedForward, scope.linear(feedForward + ".net.2", inner, 4 * dim, dim));
        return x.plus(parts.get(5).times(out));
    }

    /** A linear layer over {@code [B, N, C]} cut into heads: {@code [B, heads, N, C / heads]}. */
    public static Tensor heads(Scope scope, String linear, Tensor x, int dim, int heads) {
        return scope.linear(linear, x, dim, dim).reshape(0, 0, heads, -1).permute(0, 2, 1, 3);
    }

    /** {@link #heads}, each normalised to a root mean square of its weight {@code norm}. */
    public static Tensor normalisedHeads(Scope scope, String linear, String norm, Tensor x, int dim, int heads) {
        Tensor split = scope.linear(linear, x, dim, dim).reshape(0, 0, heads, -1);
        Tensor weight = scope.param(norm + ".weight", dim / heads);
        return scope.tap(norm, split.rmsNorm(weight, EPS)).permute(0, 2, 1, 3);
    }

    /** Attention without a mask over all of {@code [B, heads, N, D]}, heads merged: {@code [B, N, heads D]}. */
    public static Tensor attention(Tensor query, Tensor key, Tensor value, int headDim) {
        return query.attention(key, value, 1 / Math.sqrt(headDim))
                .permute(0, 2, 1, 3)
                .reshape(0, 0, -1);
    }
}
