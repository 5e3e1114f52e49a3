package mixgrpo.tools.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.engine.EngineKey;
import mixgrpo.runtime.engine.EngineProbe;
import mixgrpo.runtime.tensorrt.PlanInspection;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.RolloutConfig;

/**
 * What is known of a plan of TensorRT: what the cache notes beside it, and its layers, where TensorRT can be asked.
 *
 * @param key of its entry in the cache; empty if it does not lie in one
 * @param layers as TensorRT tells them; empty if it cannot run here
 * @param missing why it cannot be asked; empty if it was
 */
public record PlanFile(Path path, long bytes, Optional<EngineKey> key, Optional<JsonNode> layers, String missing) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Whether a file is called as plans are. */
    public static boolean isPlan(Path path) {
        return path.getFileName().toString().matches(".*\\.(plan|engine|trt)");
    }

    /**
     * Reads what is beside it and asks TensorRT if it is there.
     *
     * @throws IOException if the file is not there or cannot be read
     * @throws IllegalStateException if it is of another TensorRT or GPU
     */
    public static PlanFile read(Path path) throws IOException {
        long bytes = Files.size(path);
        Optional<EngineKey> key = EngineCache.key(path.toAbsolutePath().getParent());
        EngineProbe.Finding finding = EngineKind.finding(RolloutConfig.Engine.TENSORRT, EngineKind.probe());
        if (!finding.isUsable()) {
            return new PlanFile(path, bytes, key, Optional.empty(), finding.reason());
        }
        JsonNode layers = JSON.readTree(PlanInspection.layers(path, EngineProbe.cudaDevice()));
        return new PlanFile(path, bytes, key, Optional.of(layers), "");
    }

    private Map<String, String> parts() {
        return key.map(EngineKey::parts).orElse(Map.of());
    }

    /** For people: everything but the layers' details. */
    public String text() {
        StringBuilder text = new StringBuilder("%s: TensorRT plan, %d bytes%n".formatted(path, bytes));
        parts().forEach((part, value) -> text.append("  %s: %s%n".formatted(part, value)));
        if (key.isEmpty()) {
            text.append(
                    "  it does not lie in a cache of tools/export engine, so nothing is noted beside it%n".formatted());
        }
        layers.ifPresentOrElse(
                told -> text.append("  layers: %d (--json shows them)%n"
                        .formatted(told.path("Layers").size())),
                () -> text.append("  its layers are shown where TensorRT runs; here: %s%n".formatted(missing)));
        return text.toString();
    }

    /** For programs: everything. */
    public String json() throws IOException {
        ObjectNode json = JSON.createObjectNode();
        json.put("path", path.toString()).put("bytes", bytes);
        ObjectNode of = json.putObject("key");
        parts().forEach(of::put);
        layers.ifPresent(told -> json.set("engine", told));
        json.put("missing", missing);
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + System.lineSeparator();
    }
}
