package mixgrpo.exporter.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import mixgrpo.models.Network;
import mixgrpo.models.lora.Lora;

/**
 * The low-rank adapters of a graph: {@code y + scale[b] * B A x} in the layers that have one. The scale of a sample is applied between
 * the two products, where there is least to multiply.
 */
final class Adapters {

    private final Map<String, Integer> ranks;
    private final Extent batch;
    private final Set<String> unseen;

    /** Samples are counted by the first axis of the network's first input. */
    Adapters(Network network, Map<String, Integer> ranks) {
        this.ranks = ranks;
        this.batch = Extent.parse(network.inputs().get(0).axes().get(0));
        unseen = new TreeSet<>(ranks.keySet());
    }

    /** Adds the input for the scales where there are adapters. */
    void addInput(OnnxGraph graph) {
        if (!ranks.isEmpty()) {
            graph.input(new OnnxValue(Lora.SCALE, ElementType.FLOAT, List.of(batch.toString())));
        }
    }

    /**
     * What a linear layer gives with its adapter, if it has one.
     *
     * @param key path of the layer in the network
     * @param layer its path in the stage
     * @param product what it gives alone
     */
    OnnxTensor added(OnnxScope scope, String key, String layer, OnnxTensor input, OnnxTensor product) {
        unseen.remove(key);
        Integer rank = ranks.get(key);
        if (rank == null) {
            return product;
        }
        if (!input.shape().get(0).equals(batch)) {
            throw new IllegalStateException(
                    "linear '%s' has an adapter, whose scale is one a sample: expected [%s, ...], got %s"
                            .formatted(key, batch, input.shape()));
        }
        OnnxTensor a = scope.weight(
                layer + Lora.A, ElementType.FLOAT, rank, input.shape().last().value());
        OnnxTensor b = scope.weight(
                layer + Lora.B, ElementType.FLOAT, product.shape().last().value(), rank);
        Shape narrow = input.shape().with(-1, Extent.of(rank));
        OnnxTensor inner = product(scope, layer, input, a, narrow);
        OnnxTensor scaled = scope.node(
                layer,
                "Mul",
                narrow,
                List.of(inner.name(), scales(scope, narrow.rank()).name()));
        OnnxTensor outer = product(scope, layer, scaled, b, product.shape());
        return scope.node(layer, "Add", product.shape(), List.of(product.name(), outer.name()));
    }

    /** A product with one of the two matrices, in the layer's type; matrix and result are float32. */
    private static OnnxTensor product(OnnxScope scope, String layer, OnnxTensor left, OnnxTensor matrix, Shape result) {
        ElementType type = scope.type(layer);
        OnnxTensor product = scope.node(
                layer,
                "MatMul",
                type,
                result,
                List.of(
                        scope.cast(layer, left, type).name(),
                        scope.turned(layer, scope.cast(layer, matrix, type)).name()));
        return scope.cast(layer, product, ElementType.FLOAT);
    }

    /** The scales as {@code [B, 1, ...]} of so many axes. */
    private OnnxTensor scales(OnnxScope scope, int rank) {
        long[] dims = new long[rank];
        Arrays.fill(dims, 1);
        dims[0] = -1;
        return scope.graph().shared(Lora.SCALE + " " + rank, () -> new OnnxTensor(
                        scope, Lora.SCALE, new Shape(List.of(batch)), ElementType.FLOAT)
                .reshape(dims));
    }

    /** @throws IllegalArgumentException if a layer that should have an adapter is no linear layer of the network */
    void checkAllSeen(Network network) {
        if (!unseen.isEmpty()) {
            throw new IllegalArgumentException(
                    "network '%s' has no linear layers for %d of %d adapters; were they made for another base model?%n%s"
                            .formatted(
                                    network.name(),
                                    unseen.size(),
                                    ranks.size(),
                                    String.join("\n", new ArrayList<>(unseen))));
        }
    }
}
