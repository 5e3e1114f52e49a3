package mixgrpo.trainer.eager;

import java.io.IOException;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.LoraCase;
import org.junit.jupiter.api.Test;

class LoraGoldensTest {

    @Test
    void mergedAdaptersOfEveryFormatGiveTheReferencesOutputs() throws IOException {
        GoldenReport report = new GoldenReport("Lora");
        try (LoraCase golden = LoraCase.open()) {
            Map<String, Double> tolerances =
                    GoldenReport.tolerances(golden.values().path());
            for (Map.Entry<String, LoraCase.Applied> output : golden.outputs().entrySet()) {
                String name = output.getKey();
                try (EagerNetwork network = new EagerNetwork(golden.network(), golden.merged(output.getValue()))) {
                    report.compare(
                            name,
                            new Array(
                                    golden.values().shapes().get(name),
                                    golden.values().floats(name)),
                            network.run(golden.inputs()).get("velocity"),
                            tolerances.get(name));
                }
            }
        }
        report.print();
    }
}
