package mixgrpo.trainer.eager;

import java.io.IOException;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class TransformerGoldensTest {

    @Test
    void everyTapIsTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("Transformer");
        try (TransformerCase golden = TransformerCase.open();
                EagerNetwork network = new EagerNetwork(golden.network(), golden.weights())) {
            report.compare(
                    "",
                    GoldenReport.tolerances(golden.values().path()),
                    golden.values(),
                    golden.named(network.runWithTaps(golden.inputs())));
        }
        report.print();
    }
}
