package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class OnnxSd3GoldensTest {

    @Test
    void everyFormAgreesAtEveryTapOfEveryFolder() throws IOException {
        GoldenReport report = new GoldenReport("OnnxSd3");
        for (Path folder : TransformerCase.sd3Folders()) {
            try (TransformerCase golden = TransformerCase.openSd3(folder)) {
                for (OnnxOptions options :
                        List.of(OnnxOptions.portable(), OnnxOptions.portable().withLayerNormOp(), OnnxOptions.ort())) {
                    report.compare(
                            "%s (%s%s)"
                                    .formatted(
                                            folder.getFileName(),
                                            options.form(),
                                            options.layerNormOp() ? ", layer norm op" : ""),
                            GoldenReport.tolerances(golden.values().path()),
                            golden.values(),
                            golden.named(OnnxRunner.run(
                                    golden.network(), options.withTaps(), golden.inputs(), golden.weights())));
                }
            }
        }
        report.print();
    }
}
