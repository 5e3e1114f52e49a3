package mixgrpo.exporter.onnx;

import java.io.IOException;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class OnnxTransformerGoldensTest {

    @Test
    void everyFormAgreesAtEveryTap() throws IOException {
        GoldenReport report = new GoldenReport("OnnxTransformer");
        try (TransformerCase golden = TransformerCase.open()) {
            compare(report, "", golden);
        }
        report.print();
    }

    static void compare(GoldenReport report, String title, TransformerCase golden) throws IOException {
        for (TestedForm form : TestedForm.ALL) {
            report.compare(
                    "%s (%s)".formatted(title, form.title()).strip(),
                    GoldenReport.tolerances(golden.values().path()),
                    golden.values(),
                    golden.named(OnnxRunner.run(
                            golden.network(), form.options().withTaps(), golden.inputs(), golden.weights())));
        }
    }
}
