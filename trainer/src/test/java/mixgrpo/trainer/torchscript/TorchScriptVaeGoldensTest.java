package mixgrpo.trainer.torchscript;

import java.io.IOException;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.VaeCase;
import mixgrpo.models.vae.AutoencoderKl;
import org.junit.jupiter.api.Test;

class TorchScriptVaeGoldensTest {

    @Test
    void decoderAndEncoderAreTheReferencesAtEveryTap() throws IOException {
        GoldenReport report = new GoldenReport("TorchScriptVae");
        try (VaeCase golden = VaeCase.open()) {
            Map<String, Array> decoded = run(AutoencoderKl.decoder(golden.config()), golden, golden.latents());
            Map<String, Array> encoded = run(AutoencoderKl.encoder(golden.config()), golden, golden.image());
            golden.compare(report, "", decoded, encoded);
        }
        report.print();
    }

    private static Map<String, Array> run(Network network, VaeCase golden, Map<String, Array> inputs) {
        try (TrainableNetwork script = TrainableNetwork.withTaps(network, golden.weights(), ScriptOptions.plain())) {
            return script.infer(inputs);
        }
    }
}
