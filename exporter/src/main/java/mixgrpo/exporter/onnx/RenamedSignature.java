package mixgrpo.exporter.onnx;

import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;

/** The network's own inputs and outputs, some under other names. */
final class RenamedSignature extends Signature {

    private final Map<String, String> inputs;
    private final Map<String, String> outputs;

    RenamedSignature(Map<String, String> inputs, Map<String, String> outputs) {
        this.inputs = inputs;
        this.outputs = outputs;
    }

    @Override
    Map<String, Tensor> inputs(OnnxScope scope, Network network) {
        Map<String, Tensor> values = new LinkedHashMap<>();
        for (Network.Input input : network.inputs()) {
            values.put(input.name(), input(scope, inputs.getOrDefault(input.name(), input.name()), input));
        }
        return values;
    }

    @Override
    String called(Network network, String output) {
        boolean taken = inputs.isEmpty()
                && network.inputs().stream().anyMatch(input -> input.name().equals(output));
        return outputs.getOrDefault(output, taken ? output + "_out" : output);
    }
}
