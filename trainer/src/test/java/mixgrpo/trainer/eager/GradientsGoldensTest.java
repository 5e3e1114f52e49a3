package mixgrpo.trainer.eager;

import java.io.IOException;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class GradientsGoldensTest {

    @Test
    void gradientsByParametersAndInputsAreTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("Gradients");
        try (TransformerCase golden = TransformerCase.open()) {
            compare(report, "", golden);
        }
        report.print();
    }

    static void compare(GoldenReport report, String title, TransformerCase golden) throws IOException {
        try (EagerNetwork network = new EagerNetwork(golden.network(), golden.weights())) {
            Array velocity = network.run(golden.inputs()).get("velocity");
            EagerNetwork.Gradients gradients =
                    network.gradients(golden.inputs(), Map.of("velocity", golden.lossGradient(velocity)));
            report.compare(
                    title,
                    GoldenReport.tolerances(golden.gradients().path()),
                    golden.gradients(),
                    golden.named(velocity, gradients.parameters(), gradients.inputs()));
        }
    }
}
