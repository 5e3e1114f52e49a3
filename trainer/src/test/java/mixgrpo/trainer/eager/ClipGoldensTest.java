package mixgrpo.trainer.eager;

import java.io.IOException;
import mixgrpo.models.goldens.ClipCase;
import mixgrpo.models.goldens.GoldenReport;
import org.junit.jupiter.api.Test;

class ClipGoldensTest {

    @Test
    void everyTapIsTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("Clip");
        try (ClipCase golden = ClipCase.open();
                EagerNetwork network = new EagerNetwork(golden.network(), golden.weights())) {
            golden.compare(report, "", network.runWithTaps(golden.inputs()));
        }
        report.print();
    }
}
