package mixgrpo.exporter.onnx;

import java.util.List;
import java.util.Map;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.ClipTextEncoder;

/** CLIP as transformers calls it: of the token ids alone; positions, causal mask and the pooled position become part of the graph. */
final class ClipSignature extends Signature {

    /** The end token's id in old configurations, which stands for the largest id of a sequence. */
    private static final int LARGEST = 2;

    private final ClipConfig config;

    ClipSignature(ClipConfig config) {
        this.config = config;
    }

    @Override
    Map<String, Tensor> inputs(OnnxScope scope, Network network) {
        Map<String, Tensor> values = kept(scope, network, "input_ids");
        OnnxTensor ids = (OnnxTensor) values.get("input_ids");
        Arithmetic nodes = new Arithmetic(scope);
        OnnxTensor positions = nodes.positions(ids, 1);
        values.put("position_ids", as(network, "position_ids", positions));

        OnnxGraph graph = scope.graph();
        Shape square = new Shape(List.of(ids.shape().get(1), ids.shape().get(1)));
        OnnxTensor later = nodes.node(
                "Greater",
                ElementType.BOOL,
                square,
                List.of(positions.name(), nodes.unsqueeze(positions, 1).name()));
        OnnxTensor bias = nodes.floats(
                "Where", square, List.of(later.name(), graph.scalar(ClipTextEncoder.MASKED), graph.scalar(0)));
        values.put("causal_bias", as(network, "causal_bias", bias));

        OnnxTensor pooled = nodes.longs(
                "ArgMax",
                Shape.parse(List.of("batch", "1")),
                List.of(ends(nodes, ids).name()),
                Attribute.of("axis", 1),
                Attribute.of("keepdims", 1));
        OnnxTensor here = nodes.node("Equal", ElementType.BOOL, ids.shape(), List.of(positions.name(), pooled.name()));
        OnnxTensor pick = scope.cast("", here, ElementType.FLOAT);
        values.put("pick", as(network, "pick", nodes.unsqueeze(pick, 1)));
        return values;
    }

    /** What is largest at the end token: the ids themselves, or ones there and zeros elsewhere. */
    private OnnxTensor ends(Arithmetic nodes, OnnxTensor ids) {
        OnnxTensor largest = config.eosTokenId() == LARGEST
                ? ids
                : nodes.node(
                        "Equal",
                        ElementType.BOOL,
                        ids.shape(),
                        List.of(ids.name(), nodes.graph().whole(config.eosTokenId())));
        return nodes.scope().cast("", largest, ElementType.FLOAT);
    }

    @Override
    String called(Network network, String output) {
        return switch (output) {
            case "pooled" -> "pooler_output";
            case "penultimate" -> "hidden_states." + (config.numHiddenLayers() - 1);
            default -> output;
        };
    }
}
