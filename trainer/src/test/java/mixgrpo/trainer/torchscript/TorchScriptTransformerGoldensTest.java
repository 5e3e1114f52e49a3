package mixgrpo.trainer.torchscript;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class TorchScriptTransformerGoldensTest {

    @Test
    void outputAndEveryTapAreTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("TorchScriptTransformer");
        try (TransformerCase golden = TransformerCase.open()) {
            compare(report, "", golden);
        }
        report.print();
    }

    /** Output and taps, and the output of a pass that keeps all values and of one that computes them again. */
    static void compare(GoldenReport report, String title, TransformerCase golden) throws IOException {
        Map<String, Double> tolerances = GoldenReport.tolerances(golden.values().path());
        try (TrainableNetwork network =
                TrainableNetwork.withTaps(golden.network(), golden.weights(), ScriptOptions.plain())) {
            report.compare(title, tolerances, golden.values(), golden.named(network.infer(golden.inputs())));
        }
        ScriptOptions recomputed = new ScriptOptions(Precision.FP32, true, Optional.empty());
        for (ScriptOptions options : new ScriptOptions[] {ScriptOptions.plain(), recomputed}) {
            try (TrainableNetwork network = new TrainableNetwork(golden.network(), golden.weights(), options);
                    TrainableNetwork.Pass pass = network.forward(golden.inputs())) {
                report.compare(
                        (title + (options.recompute() ? " recomputed" : " without taps")).strip(),
                        Map.of("output", tolerances.get("output")),
                        golden.values(),
                        golden.named(pass.outputs()));
            }
        }
    }
}
