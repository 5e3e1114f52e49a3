package mixgrpo.models.goldens;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.lora.LoraFile;
import mixgrpo.models.lora.MergedWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;

/**
 * Adapters for the tiny FLUX.1 transformer, by the reference, in every format, and what they make of a batch.
 *
 * @param network of the folder's configuration
 * @param component its weights, without adapter
 * @param values {@code lora/cases.safetensors}
 * @param inputs of the network
 */
public record LoraCase(Network network, Component component, WeightsFile values, Map<String, Array> inputs)
        implements AutoCloseable {

    /** The adapter that most outputs are of. */
    public static final String REFERENCE = "pytorch_lora_weights.safetensors";

    public static LoraCase open() throws IOException {
        Component component =
                Component.open(GoldenReport.folder("models", "flux").resolve("transformer"));
        FluxConfig config = FluxConfig.of(component.config());
        WeightsFile values = SafetensorsFile.open(folder().resolve("cases.safetensors"));
        return new LoraCase(FluxTransformer.of(config), component, values, TransformerCase.inputs(config, values));
    }

    public static Path folder() {
        return GoldenReport.folder("models", "flux", "lora");
    }

    /** All files that hold adapters. */
    public static List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(folder())) {
            return all.filter(file -> file.toString().endsWith(".safetensors"))
                    .filter(file -> !file.getFileName().toString().matches("(cases|gradients)\\.safetensors"))
                    .sorted()
                    .toList();
        }
    }

    /** An adapter and the strength at which the reference ran it. */
    public record Applied(Path file, double scale) {

        public Lora lora() throws IOException {
            return LoraFile.read(file).lora().times(scale);
        }
    }

    /** The adapter behind each output that {@link #values} holds, by its name; {@code output_kohya_dense} is {@code kohya_dense}'s. */
    public Map<String, Applied> outputs() {
        Map<String, Applied> outputs = new LinkedHashMap<>();
        for (String name : values.shapes().keySet()) {
            if (!name.startsWith("output_")) {
                continue;
            }
            String rest = name.substring("output_".length());
            if (rest.matches("(scale|fused)_[0-9.]+")) {
                double scale = Double.parseDouble(rest.substring(rest.indexOf('_') + 1));
                outputs.put(name, new Applied(folder().resolve(REFERENCE), scale));
            } else {
                Path file = folder().resolve(rest + ".safetensors");
                outputs.put(name, new Applied(Files.exists(file) ? file : folder().resolve(rest), 1));
            }
        }
        return outputs;
    }

    /** The network's weights with an adapter folded in. */
    public Weights merged(Applied applied) throws IOException {
        return MergedWeights.of(
                component.weights(), applied.lora(), applied.file().toString());
    }

    @Override
    public void close() {
        component.close();
        values.close();
    }
}
