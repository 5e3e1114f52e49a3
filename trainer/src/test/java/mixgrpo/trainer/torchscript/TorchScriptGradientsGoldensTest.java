package mixgrpo.trainer.torchscript;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.weights.ArrayWeights;
import org.junit.jupiter.api.Test;

class TorchScriptGradientsGoldensTest {

    @Test
    void gradientsByParametersAndInputsAreTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("TorchScriptGradients");
        try (TransformerCase golden = TransformerCase.open()) {
            for (boolean recompute : new boolean[] {false, true}) {
                ScriptOptions options = new ScriptOptions(Precision.FP32, recompute, Optional.empty());
                report.compare(
                        recompute ? "recomputed" : "",
                        GoldenReport.tolerances(golden.gradients().path()),
                        golden.gradients(),
                        gradients(golden, options));
            }
        }
        report.print();
    }

    private static Map<String, Array> gradients(TransformerCase golden, ScriptOptions options) {
        Map<String, Array> parameters = new LinkedHashMap<>();
        golden.weights()
                .shapes()
                .forEach((key, shape) ->
                        parameters.put(key, new Array(shape, golden.weights().floats(key))));
        List<String> differentiated = golden.gradients().shapes().keySet().stream()
                .filter(name -> name.startsWith("grad.input."))
                .map(name -> name.substring("grad.input.".length()))
                .toList();
        differentiated.forEach(
                name -> parameters.put("input." + name, golden.inputs().get(name)));
        Map<String, Array> results = new LinkedHashMap<>();
        try (TrainableNetwork network = new TrainableNetwork(
                        withParametersFor(differentiated, golden), new ArrayWeights(parameters), options);
                TrainableNetwork.Pass pass = network.forward(golden.inputs())) {
            Array output = pass.outputs().get("velocity");
            results.put("output", output);
            results.put("loss", Array.of(new float[] {golden.loss(output)}));
            pass.backward(Map.of("velocity", golden.lossGradient(output)));
            network.gradients()
                    .forEach((key, gradient) -> results.put(
                            "grad." + key, new Array(parameters.get(key).shape(), gradient)));
        }
        return results;
    }

    /** Gradients are of parameters only, so the inputs asked for come from parameters. */
    private static Network withParametersFor(List<String> names, TransformerCase golden) {
        List<NamedStage> stages = new ArrayList<>();
        stages.add(new NamedStage("input", (scope, in) -> {
            Carry carry = in;
            for (String name : names) {
                carry = carry.with(
                        name, scope.param(name, golden.inputs().get(name).shape()));
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
