package mixgrpo.runtime.engine;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.Sha256;

/**
 * All that an engine that was built depends on. Two engines with the same key are the same.
 *
 * @param graph SHA-256 of the ONNX graph without its weights
 * @param weights SHA-256 of the weights; empty for an engine that takes others without being built again
 * @param precision of its layers
 * @param shapes that it was built for, smallest, usual and largest; empty for any
 * @param engine its kind, {@code ort-cpu}
 * @param version of the library that built it
 * @param device that it runs on
 * @param driver of the device; empty for a processor
 */
public record EngineKey(
        String graph,
        String weights,
        String precision,
        String shapes,
        String engine,
        String version,
        String device,
        String driver) {

    public EngineKey {
        for (String field : List.of(graph, weights, precision, shapes, engine, version, device, driver)) {
            if (field.indexOf('\n') >= 0) {
                throw new IllegalArgumentException("a part of an engine's key has one line, got '%s'".formatted(field));
            }
        }
    }

    /** The parts by name, in their order. */
    public Map<String, String> parts() {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("graph", graph);
        parts.put("weights", weights);
        parts.put("precision", precision);
        parts.put("shapes", shapes);
        parts.put("engine", engine);
        parts.put("version", version);
        parts.put("device", device);
        parts.put("driver", driver);
        return parts;
    }

    /**
     * From what {@link #parts} gave.
     *
     * @throws IllegalArgumentException if one is missing; names it
     */
    public static EngineKey of(Map<String, String> parts) {
        return new EngineKey(
                part(parts, "graph"),
                part(parts, "weights"),
                part(parts, "precision"),
                part(parts, "shapes"),
                part(parts, "engine"),
                part(parts, "version"),
                part(parts, "device"),
                part(parts, "driver"));
    }

    private static String part(Map<String, String> parts, String name) {
        String value = parts.get(name);
        if (value == null) {
            throw new IllegalArgumentException(
                    "an engine's key has no '%s'; it has %s".formatted(name, parts.keySet()));
        }
        return value;
    }

    /** SHA-256 of all parts. */
    public String id() {
        MessageDigest digest = Sha256.start();
        parts().forEach((name, value) -> digest.update((name + ": " + value + "\n").getBytes(StandardCharsets.UTF_8)));
        return Sha256.hex(digest);
    }

    /** What is different here and there, in words; empty if nothing is. */
    public List<String> differences(EngineKey wanted) {
        List<String> differences = new ArrayList<>();
        Map<String, String> others = wanted.parts();
        parts().forEach((name, value) -> {
            if (!value.equals(others.get(name))) {
                differences.add("%s is '%s', wanted '%s'".formatted(name, shown(value), shown(others.get(name))));
            }
        });
        return differences;
    }

    /** A hash by its beginning. */
    private static String shown(String value) {
        return value.matches("[0-9a-f]{64}") ? value.substring(0, 8) + "..." : value;
    }
}
