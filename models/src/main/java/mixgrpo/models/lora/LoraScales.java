package mixgrpo.models.lora;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import mixgrpo.models.weights.JsonFile;
import mixgrpo.models.weights.WeightsFile;

/**
 * How the scales of a file are found.
 *
 * @param config or null where it says none
 */
record LoraScales(LoraFile.Alpha alpha, AdapterConfig config) {

    private static final String CONFIG = "adapter_config.json";

    static LoraScales of(WeightsFile weights, LoraFormat format, Map<String, Map<LoraKey.Role, String>> layers)
            throws IOException {
        boolean arrays = layers.values().stream().anyMatch(keys -> keys.containsKey(LoraKey.Role.ALPHA));
        String header = weights.metadata().get(AdapterConfig.FIELD);
        Path beside = weights.path().resolveSibling(CONFIG);
        boolean configured = header != null || format == LoraFormat.PEFT && (!arrays || Files.isRegularFile(beside));
        if (configured && arrays) {
            throw new IOException("%s: alpha stands in arrays and in the adapter's configuration; expected one of them"
                    .formatted(weights.path()));
        } else if (header != null) {
            return new LoraScales(
                    LoraFile.Alpha.CONFIGURED,
                    AdapterConfig.ofHeader(header, weights.path().toString()));
        } else if (configured && !Files.isRegularFile(beside)) {
            throw new IOException(
                    "%s: its keys are peft's (base_model.model.), which keep alpha in %s beside the file, and there is none; without it nobody knows how strong the adapter is. Put the %s that was saved with it there"
                            .formatted(weights.path(), CONFIG, CONFIG));
        } else if (configured) {
            return new LoraScales(
                    LoraFile.Alpha.CONFIGURED, AdapterConfig.of(JsonFile.read(beside), beside.toString()));
        }
        return new LoraScales(arrays ? LoraFile.Alpha.ARRAYS : LoraFile.Alpha.RANK, null);
    }

    double scale(WeightsFile weights, String layer, int rank, String alphaKey) {
        if (config != null) {
            return config.scale(layer, rank);
        } else if (alphaKey == null) {
            return 1;
        }
        float[] values = weights.floats(alphaKey);
        if (values.length != 1) {
            throw new IllegalArgumentException("its alpha has %d values, expected one".formatted(values.length));
        }
        return (double) values[0] / rank;
    }
}
