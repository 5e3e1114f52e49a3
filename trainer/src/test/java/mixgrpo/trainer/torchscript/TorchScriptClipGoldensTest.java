package mixgrpo.trainer.torchscript;

import java.io.IOException;
import mixgrpo.models.goldens.ClipCase;
import mixgrpo.models.goldens.GoldenReport;
import org.junit.jupiter.api.Test;

class TorchScriptClipGoldensTest {

    @Test
    void everyTapIsTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("TorchScriptClip");
        try (ClipCase golden = ClipCase.open();
                TrainableNetwork network =
                        TrainableNetwork.withTaps(golden.network(), golden.weights(), ScriptOptions.plain())) {
            golden.compare(report, "", network.infer(golden.inputs()));
        }
        report.print();
    }
}
