package mixgrpo.trainer.eager;

import java.io.IOException;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class TransformerGoldensTest {

    @Test
    void everyTapIsTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("Transformer");
        try (TransformerCase golden = TransformerCase.open()) {
            compare(report, "", golden);
        }
        report.print();
    }

    static void compare(GoldenReport report, String title, TransformerCase golden) throws IOException {
        try (EagerNetwork network = new EagerNetwork(golden.network(), golden.weights())) {
            report.compare(
                    title,
                    GoldenReport.tolerances(golden.values().path()),
                    golden.values(),
                    golden.named(network.runWithTaps(golden.inputs())));
        }
    }
}
