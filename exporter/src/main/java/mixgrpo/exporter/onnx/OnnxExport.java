package mixgrpo.exporter.onnx;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;
import mixgrpo.models.lora.Lora;

/** Records networks as ONNX graphs. */
public final class OnnxExport {

    private OnnxExport() {}

    /** The graph of {@code network} with its own inputs and outputs, ids as int64; see {@link #of(Network, OnnxOptions, Signature)}. */
    public static OnnxModel of(Network network, OnnxOptions options) {
        return of(network, options, Signature.ofNetwork());
    }

    /**
     * The graph of {@code network}. Parameters are initializers under their keys. With
     * {@link OnnxOptions#taps} every tapped value is a further output. With {@link OnnxOptions#adapters} there is one more input,
     * {@value Lora#SCALE}, behind the others.
     *
     * @throws IllegalArgumentException if there are adapters for layers that the network does not have; names all of them
     * @throws IllegalStateException if the definition contradicts itself: shapes do not fit, an output is missing, a parameter
     *     has two shapes
     */
    public static OnnxModel of(Network network, OnnxOptions options, Signature signature) {
        OnnxGraph graph = new OnnxGraph(network.name());
        Adapters adapters = new Adapters(network, options.adapters());
        OnnxScope outside = new OnnxScope(graph, options, adapters, new NamedStage("", (scope, in) -> in));
        Carry carry = new Carry(signature.inputs(outside, network));
        adapters.addInput(graph);
        Map<String, OnnxTensor> taps = new LinkedHashMap<>();
        for (NamedStage stage : network.stages()) {
            OnnxScope scope = new OnnxScope(graph, options, adapters, stage);
            carry = record(network, stage, scope, carry);
            taps.putAll(scope.taps());
        }
        adapters.checkAllSeen(network);
        for (String output : network.outputs()) {
            graph.output(signature.called(network, output), signature.result(outside, result(network, carry, output)));
        }
        if (options.taps()) {
            taps.forEach(graph::output);
        }
        return new OnnxModel(graph, options);
    }

    private static Carry record(Network network, NamedStage stage, OnnxScope scope, Carry carry) {
        Map<String, Tensor> here = new LinkedHashMap<>();
        carry.values().forEach((name, value) -> {
            OnnxTensor tensor = (OnnxTensor) value;
            here.put(name, new OnnxTensor(scope, tensor.name(), tensor.shape(), tensor.type()));
        });
        try {
            return stage.stage().apply(scope, new Carry(here));
        } catch (IllegalStateException e) {
            throw new IllegalStateException(
                    "stage '%s' of network '%s': %s".formatted(stage.path(), network.name(), e.getMessage()), e);
        }
    }

    private static OnnxTensor result(Network network, Carry carry, String output) {
        Set<String> carried = carry.values().keySet();
        if (!carried.contains(output)) {
            throw new IllegalStateException("network '%s' promises output '%s'; its last stage leaves %s"
                    .formatted(network.name(), output, carried.stream().sorted().collect(Collectors.joining(", "))));
        }
        return (OnnxTensor) carry.get(output);
    }
}
