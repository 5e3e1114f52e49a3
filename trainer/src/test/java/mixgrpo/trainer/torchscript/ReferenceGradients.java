package mixgrpo.trainer.torchscript;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Weights;

/** What a reference's file of gradients holds, computed by TorchScript: output, loss, and gradients by parameters and inputs. */
final class ReferenceGradients {

    private static final String INPUT = "grad.input.";

    private ReferenceGradients() {}

    /**
     * By the names of the reference; gradients of parameters by {@code grad.} and their own key.
     *
     * @param parameters of the network, adapters among them where {@code options} ask for them
     */
    static Map<String, Array> of(TransformerCase golden, Weights parameters, ScriptOptions options) {
        // Gradients are of parameters only, so the inputs asked for come from parameters; with adapters, of adapters
        // only.
        String ending = options.lora().isEmpty() ? "" : Lora.A;
        List<String> inputs = golden.gradients().shapes().keySet().stream()
                .filter(name -> name.startsWith(INPUT))
                .map(name -> name.substring(INPUT.length()))
                .toList();
        Map<String, Array> all =
                new LinkedHashMap<>(ArrayWeights.copyOf(parameters).arrays());
        inputs.forEach(name -> all.put("input." + name + ending, golden.inputs().get(name)));
        Map<String, Array> ofParameters = new LinkedHashMap<>();
        Map<String, Array> ofInputs = new LinkedHashMap<>();
        try (TrainableNetwork network =
                        new TrainableNetwork(network(golden, inputs, ending), new ArrayWeights(all), options);
                TrainableNetwork.Pass pass = network.forward(golden.inputs())) {
            Array output = pass.outputs().get("velocity");
            pass.backward(Map.of("velocity", golden.lossGradient(output)));
            network.gradients().forEach((key, gradient) -> {
                Array array = new Array(all.get(key).shape(), gradient);
                if (key.startsWith("input.")) {
                    ofInputs.put(key.substring("input.".length(), key.length() - ending.length()), array);
                } else {
                    ofParameters.put(key, array);
                }
            });
            return golden.named(output, ofParameters, ofInputs);
        }
    }

    private static Network network(TransformerCase golden, List<String> inputs, String ending) {
        List<NamedStage> stages = new ArrayList<>();
        stages.add(new NamedStage("input", (scope, in) -> {
            Carry carry = in;
            for (String name : inputs) {
                carry = carry.with(
                        name,
                        scope.param(name + ending, golden.inputs().get(name).shape()));
            }
            return carry;
        }));
        stages.addAll(golden.network().stages());
        return new Network(
                golden.network().name(),
                golden.network().inputs(),
                stages,
                golden.network().outputs());
    }
}
