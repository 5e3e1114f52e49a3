package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.util.List;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.VaeCase;
import mixgrpo.models.vae.AutoencoderKl;
import org.junit.jupiter.api.Test;

class OnnxVaeGoldensTest {

    @Test
    void bothDirectionsAgreeAtEveryTap() throws IOException {
        GoldenReport report = new GoldenReport("OnnxVae");
        try (VaeCase golden = VaeCase.open()) {
            for (OnnxOptions options : List.of(OnnxOptions.portable(), OnnxOptions.ort())) {
                golden.compare(
                        report,
                        "(%s)".formatted(options.form()),
                        OnnxRunner.run(
                                AutoencoderKl.decoder(golden.config()),
                                options.withTaps(),
                                golden.latents(),
                                golden.weights()),
                        OnnxRunner.run(
                                AutoencoderKl.encoder(golden.config()),
                                options.withTaps(),
                                golden.image(),
                                golden.weights()));
            }
        }
        report.print();
    }
}
