package mixgrpo.trainer.eager;

import java.io.IOException;
import java.nio.file.Path;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class Sd3GoldensTest {

    @Test
    void outputTapsAndGradientsOfEveryFolderAreTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("Sd3");
        for (Path folder : TransformerCase.sd3Folders()) {
            String title = folder.getFileName().toString();
            try (TransformerCase golden = TransformerCase.openSd3(folder)) {
                TransformerGoldensTest.compare(report, title, golden);
                GradientsGoldensTest.compare(report, title, golden);
            }
        }
        report.print();
    }
}
