package mixgrpo.models.goldens;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.text.ClipConfig;
import mixgrpo.models.text.ClipTextEncoder;
import mixgrpo.models.text.EncoderWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;

/**
 * A tiny CLIP text encoder, token ids for it, and what the reference made of them.
 *
 * @param component configuration and weights
 * @param values {@code clip.safetensors}
 */
public record ClipCase(ClipConfig config, Component component, WeightsFile values) implements AutoCloseable {

    public static ClipCase open() throws IOException {
        Path folder = GoldenReport.folder("models", "flux");
        Component component = Component.open(folder.resolve("text_encoder"));
        return new ClipCase(
                ClipConfig.of(component.config()),
                component,
                SafetensorsFile.open(folder.resolve("cases").resolve("clip.safetensors")));
    }

    public Network network() {
        return ClipTextEncoder.of(config);
    }

    public Weights weights() {
        return EncoderWeights.clip(
                config, component.weights(), component.folder().toString());
    }

    /** Of the network, made of the reference's ids. */
    public Map<String, Array> inputs() {
        return ClipTextEncoder.inputs(config, GoldenReport.ids(values, "input_ids"));
    }

    /**
     * Compares with everything that has a tolerance.
     *
     * @param results outputs and taps of an interpreter
     */
    public void compare(GoldenReport report, String variant, Map<String, Array> results) throws IOException {
        Map<String, Array> named = new LinkedHashMap<>(results);
        results.forEach((name, value) -> named.put("stage." + name, value));
        report.compare(variant, GoldenReport.tolerances(values.path()), values, named);
    }

    @Override
    public void close() {
        component.close();
        values.close();
    }
}
