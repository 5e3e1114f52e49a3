package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.util.List;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.T5Case;
import org.junit.jupiter.api.Test;

class OnnxT5GoldensTest {

    @Test
    void bothFormsAgreeAtEveryTap() throws IOException {
        GoldenReport report = new GoldenReport("OnnxT5");
        try (T5Case golden = T5Case.open()) {
            for (OnnxOptions options : List.of(OnnxOptions.portable(), OnnxOptions.ort())) {
                golden.compare(
                        report,
                        "(%s)".formatted(options.form()),
                        inputs -> OnnxRunner.run(golden.network(), options.withTaps(), inputs, golden.weights()));
            }
        }
        report.print();
    }
}
