package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.util.List;
import mixgrpo.models.goldens.ClipCase;
import mixgrpo.models.goldens.GoldenReport;
import org.junit.jupiter.api.Test;

class OnnxClipGoldensTest {

    @Test
    void bothFormsAgreeAtEveryTap() throws IOException {
        GoldenReport report = new GoldenReport("OnnxClip");
        try (ClipCase golden = ClipCase.open()) {
            for (OnnxOptions options : List.of(OnnxOptions.portable(), OnnxOptions.ort())) {
                golden.compare(
                        report,
                        "(%s)".formatted(options.form()),
                        OnnxRunner.run(golden.network(), options.withTaps(), golden.inputs(), golden.weights()));
            }
        }
        report.print();
    }
}
