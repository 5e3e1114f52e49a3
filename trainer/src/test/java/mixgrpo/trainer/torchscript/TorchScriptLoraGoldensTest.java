package mixgrpo.trainer.torchscript;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.LoraCase;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFactors;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;
import org.junit.jupiter.api.Test;

/** Adapters that take part in the graph unmerged. */
class TorchScriptLoraGoldensTest {

    private static final String PREFIX = "grad.transformer.";

    @Test
    void gradientsByAdaptersAndInputsAreTheReferences() throws IOException {
        Lora lora = LoraFile.read(LoraCase.folder().resolve(LoraCase.REFERENCE)).lora();
        GoldenReport report = new GoldenReport("TorchScriptLoraGradients");
        try (TransformerCase plain = TransformerCase.open();
                WeightsFile gradients = SafetensorsFile.open(LoraCase.folder().resolve("gradients.safetensors"))) {
            TransformerCase golden = new TransformerCase(
                    plain.network(), plain.component(), plain.values(), gradients, plain.inputs(), plain.reference());
            for (boolean recompute : new boolean[] {false, true}) {
                Map<String, Array> results = new LinkedHashMap<>();
                ReferenceGradients.of(golden, with(golden.weights(), lora), options(lora, recompute))
                        .forEach((name, value) -> results.put(
                                Lora.isAdapter(name) ? PREFIX + name.substring("grad.".length()) : name, value));
                report.compare(
                        recompute ? "recomputed" : "", GoldenReport.tolerances(gradients.path()), gradients, results);
            }
        }
        report.print();
    }

    @Test
    void unmergedAdaptersGiveTheReferencesOutputs() throws IOException {
        GoldenReport report = new GoldenReport("TorchScriptLora");
        try (LoraCase golden = LoraCase.open()) {
            Map<String, Double> tolerances =
                    GoldenReport.tolerances(golden.values().path());
            for (Map.Entry<String, LoraCase.Applied> output : golden.outputs().entrySet()) {
                if (output.getValue().scale() == 0) {
                    continue; // a scale of 0 is no adapter
                }
                Lora lora = output.getValue().lora();
                Weights all = with(golden.component().weights(), lora);
                try (TrainableNetwork network = new TrainableNetwork(golden.network(), all, options(lora, false))) {
                    String name = output.getKey();
                    report.compare(
                            name,
                            new Array(
                                    golden.values().shapes().get(name),
                                    golden.values().floats(name)),
                            network.infer(golden.inputs()).get("velocity"),
                            tolerances.get(name));
                }
            }
        }
        report.print();
    }

    /** As the trainer takes them: one rank and one scale for all layers. */
    private static ScriptOptions options(Lora lora, boolean recompute) {
        List<Integer> ranks = lora.modules().values().stream()
                .map(LoraFactors::rank)
                .distinct()
                .toList();
        assertEquals(1, ranks.size(), "ranks " + ranks);
        int rank = ranks.get(0);
        return new ScriptOptions(
                Precision.FP32,
                recompute,
                Optional.of(new LoraConfig(
                        rank, scale(lora) * rank, List.copyOf(lora.modules().keySet()))));
    }

    private static double scale(Lora lora) {
        return lora.modules().values().iterator().next().scale();
    }

    private static Weights with(Weights base, Lora lora) {
        Map<String, Array> all = new LinkedHashMap<>(ArrayWeights.copyOf(base).arrays());
        all.putAll(ArrayWeights.copyOf(lora.parameters(scale(lora))).arrays());
        return new ArrayWeights(all);
    }
}
