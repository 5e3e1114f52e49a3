package mixgrpo.trainer.torchscript;

import java.io.IOException;
import java.nio.file.Path;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class TorchScriptSd3GoldensTest {

    @Test
    void outputTapsAndGradientsOfEveryFolderAreTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("TorchScriptSd3");
        for (Path folder : TransformerCase.sd3Folders()) {
            String title = folder.getFileName().toString();
            try (TransformerCase golden = TransformerCase.openSd3(folder)) {
                TorchScriptTransformerGoldensTest.compare(report, title, golden);
                TorchScriptGradientsGoldensTest.compare(report, title, golden);
            }
        }
        report.print();
    }
}
