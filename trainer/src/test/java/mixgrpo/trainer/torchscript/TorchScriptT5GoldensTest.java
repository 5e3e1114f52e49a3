package mixgrpo.trainer.torchscript;

import java.io.IOException;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.T5Case;
import org.junit.jupiter.api.Test;

class TorchScriptT5GoldensTest {

    @Test
    void everyTapIsTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("TorchScriptT5");
        try (T5Case golden = T5Case.open();
                TrainableNetwork network =
                        TrainableNetwork.withTaps(golden.network(), golden.weights(), ScriptOptions.plain())) {
            golden.compare(report, "", network::infer);
        }
        report.print();
    }
}
