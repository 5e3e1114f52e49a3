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

    private static final String INPUT = "input.";

    @Test
    void gradientsByParametersAndInputsAreTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("TorchScriptGradients");
        try (TransformerCase golden = TransformerCase.open()) {
            compare(report, "", golden);
        }
        report.print();
    }

    /** Gradients of a pass that keeps all values and of one that computes them again. */
    static void compare(GoldenReport report, String title, TransformerCase golden) throws IOException {
        for (boolean recompute : new boolean[] {false, true}) {
            ScriptOptions options = new ScriptOptions(Precision.FP32, recompute, Optional.empty());
            report.compare(
                    (title + (recompute ? " recomputed" : "")).strip(),
                    GoldenReport.tolerances(golden.gradients().path()),
                    golden.gradients(),
                    gradients(golden, options));
        }
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
                name -> parameters.put(INPUT + name, golden.inputs().get(name)));
        Map<String, Array> ofParameters = new LinkedHashMap<>();
        Map<String, Array> ofInputs = new LinkedHashMap<>();
        try (TrainableNetwork network = new TrainableNetwork(
                        withParametersFor(differentiated, golden), new ArrayWeights(parameters), options);
                TrainableNetwork.Pass pass = network.forward(golden.inputs())) {
            Array velocity = pass.outputs().get("velocity");
            pass.backward(Map.of("velocity", golden.lossGradient(velocity)));
            network.gradients().forEach((key, gradient) -> {
                Array array = new Array(parameters.get(key).shape(), gradient);
                if (key.startsWith(INPUT)) {
                    ofInputs.put(key.substring(INPUT.length()), array);
                } else {
                    ofParameters.put(key, array);
                }
            });
            return golden.named(velocity, ofParameters, ofInputs);
        }
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
