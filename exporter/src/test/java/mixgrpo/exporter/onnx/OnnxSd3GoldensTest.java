package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.file.Path;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class OnnxSd3GoldensTest {

    @Test
    void everyFormAgreesAtEveryTapOfEveryFolder() throws IOException {
        GoldenReport report = new GoldenReport("OnnxSd3");
        for (Path folder : TransformerCase.sd3Folders()) {
            try (TransformerCase golden = TransformerCase.openSd3(folder)) {
                OnnxTransformerGoldensTest.compare(report, folder.getFileName().toString(), golden);
            }
        }
        report.print();
    }
}
