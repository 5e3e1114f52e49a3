package mixgrpo.trainer.torchscript;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.TransformerCase;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.WeightsFile;
import org.junit.jupiter.api.Test;

/**
 * One transformer in several containers: sharded, half, bfloat16, pickled. What {@code models} tests value by value is
 * run here.
 */
class TorchScriptFormatsGoldensTest {

    private static final String OUTPUT = "output_";

    @Test
    void theTransformerOfEveryContainerComputesTheReferencesOutput() throws IOException {
        GoldenReport report = new GoldenReport("TorchScriptFormats");
        Path folder = GoldenReport.folder("models", "checkpoint-formats");
        try (WeightsFile values = SafetensorsFile.open(folder.resolve("cases.safetensors"))) {
            for (Map.Entry<String, Double> tolerance :
                    GoldenReport.tolerances(values.path()).entrySet()) {
                String name = tolerance.getKey();
                try (Component component = Component.open(folder.resolve(name.substring(OUTPUT.length())))) {
                    FluxConfig config = FluxConfig.of(component.config());
                    try (TrainableNetwork network = new TrainableNetwork(
                            FluxTransformer.of(config), component.weights(), ScriptOptions.plain())) {
                        Array actual = network.infer(TransformerCase.inputs(config, values))
                                .get("velocity");
                        Array expected = new Array(values.shapes().get(name), values.floats(name));
                        report.compare(name, expected, actual, tolerance.getValue());
                    }
                }
            }
        }
        report.print();
    }
}
