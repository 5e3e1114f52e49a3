package mixgrpo.trainer.torchscript;

import java.io.IOException;
import java.util.Optional;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
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
                        ReferenceGradients.of(golden, golden.weights(), options));
            }
        }
        report.print();
    }
}
