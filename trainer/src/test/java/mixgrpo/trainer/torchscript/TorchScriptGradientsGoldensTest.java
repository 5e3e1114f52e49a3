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
                    ReferenceGradients.of(golden, golden.weights(), options));
        }
    }
}
