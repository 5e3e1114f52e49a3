package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import org.junit.jupiter.api.Test;

/** Graphs that are called as diffusers calls its modules, against what diffusers' modules gave for the same inputs. */
class SignatureGoldensTest {

    @Test
    void everyFormOfEveryNetworkAnswersAsItsModule() throws IOException {
        GoldenReport report = new GoldenReport("Signature");
        ExportedCase.forEach(golden -> {
            for (TestedForm form : TestedForm.ALL) {
                OnnxModel model = OnnxExport.of(golden.network(), form.options(), golden.signature());
                byte[] file = model.withWeights(golden.weights());
                if (form.options().form() == Form.PORTABLE) {
                    Checker.check(file);
                }
                Map<String, Array> results = OnnxRunner.run(file, golden.outside());
                golden.expected()
                        .forEach((name, expected) -> report.compare(
                                "%s (%s) %s".formatted(golden.name(), form.title(), name),
                                expected,
                                results.get(name),
                                golden.tolerances().get(name)));
            }
        });
        report.print();
    }
}
