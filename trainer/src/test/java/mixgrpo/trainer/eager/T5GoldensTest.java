package mixgrpo.trainer.eager;

import java.io.IOException;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.T5Case;
import org.junit.jupiter.api.Test;

class T5GoldensTest {

    @Test
    void everyTapIsTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("T5");
        try (T5Case golden = T5Case.open();
                EagerNetwork network = new EagerNetwork(golden.network(), golden.weights())) {
            golden.compare(report, "", network::runWithTaps);
        }
        report.print();
    }
}
