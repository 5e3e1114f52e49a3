package mixgrpo.trainer.eager;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

class GradientsGoldensTest {

    @Test
    void gradientsByParametersAndInputsAreTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("Gradients");
        try (TransformerCase golden = TransformerCase.open();
                EagerNetwork network = new EagerNetwork(golden.network(), golden.weights())) {
            Array output = network.run(golden.inputs()).get("velocity");
            EagerNetwork.Gradients gradients =
                    network.gradients(golden.inputs(), Map.of("velocity", golden.lossGradient(output)));
            Map<String, Array> results = new LinkedHashMap<>();
            results.put("output", output);
            results.put("loss", Array.of(new float[] {golden.loss(output)}));
            gradients.parameters().forEach((key, gradient) -> results.put("grad." + key, gradient));
            gradients.inputs().forEach((name, gradient) -> results.put("grad.input." + name, gradient));
            report.compare("", GoldenReport.tolerances(golden.gradients().path()), golden.gradients(), results);
        }
        report.print();
    }
}
