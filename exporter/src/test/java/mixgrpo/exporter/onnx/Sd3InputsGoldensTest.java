package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import org.junit.jupiter.api.Test;

/** What the sampler and the trainer make of latents, texts and noise levels, against the reference's batch. */
class Sd3InputsGoldensTest {

    @Test
    void inputsAreTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("Sd3Inputs");
        for (Path folder : TransformerCase.sd3Folders()) {
            try (TransformerCase golden = TransformerCase.openSd3(folder)) {
                Sd3Batch batch = Sd3Batch.of(golden);
                Map<String, Array> inputs = batch.inputs().of(batch.latents(), batch.texts(), batch.sigmas());
                assertEquals(golden.inputs().keySet(), inputs.keySet());
                double sinusoid =
                        GoldenReport.tolerances(golden.values().path()).get("stage.time_text_embed.time_proj");
                golden.inputs()
                        .forEach((name, expected) -> report.compare(
                                folder.getFileName() + " " + name,
                                expected,
                                inputs.get(name),
                                name.equals("timestep_proj") ? sinusoid : Double.MIN_VALUE));
            }
        }
        report.print();
    }
}
