package mixgrpo.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import mixgrpo.models.Array;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.WeightsFile;

/**
 * One file of {@code models/flux/cases} with the tolerances of its tensors. Every tensor that has a tolerance is a case;
 * {@link #report} prints the worst error and fails on any beyond its tolerance.
 */
final class GoldenTensors implements AutoCloseable {

    private static final Path FLUX = Path.of(System.getProperty("goldens"), "models", "flux");

    private final String subject;
    private final WeightsFile file;
    private final JsonNode tolerances;
    private final List<String> failures = new ArrayList<>();
    private int cases;
    private double worst = -1;
    private String worstLine = "";

    GoldenTensors(String subject, String name) throws IOException {
        this(subject, "cases", name);
    }

    /** @param folder in {@code models/flux} */
    GoldenTensors(String subject, String folder, String name) throws IOException {
        this.subject = subject;
        file = SafetensorsFile.open(FLUX.resolve(folder).resolve(name));
        tolerances = new ObjectMapper()
                .readTree(FLUX.resolve(folder).resolve("tolerances.json").toFile())
                .path(name);
    }

    /** The names that have a tolerance. */
    List<String> cases() {
        List<String> names = new ArrayList<>();
        tolerances.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** Compares one of {@link #cases} with its tolerance. */
    void compare(String way, String name, float[] actual) {
        compare(way, name, actual, tolerances.path(name).asDouble());
    }

    /** An adapter of {@code models/flux/lora} in diffusers' keys with its metadata. */
    static Lora lora(String name) throws IOException {
        String prefix = "transformer.";
        try (WeightsFile file = SafetensorsFile.open(FLUX.resolve("lora").resolve(name))) {
            JsonNode metadata = new ObjectMapper().readTree(file.metadata().get("lora_adapter_metadata"));
            Map<String, Array> arrays = new LinkedHashMap<>();
            file.shapes()
                    .forEach((key, shape) ->
                            arrays.put(key.substring(prefix.length()), new Array(shape, file.floats(key))));
            double alpha = metadata.path(prefix + "lora_alpha").asDouble();
            return Lora.of(
                    new ArrayWeights(arrays),
                    alpha / metadata.path(prefix + "r").asInt());
        }
    }

    /** A network of the pipeline folder beside the cases. */
    static Component component(String name) throws IOException {
        return Component.open(FLUX.resolve(name));
    }

    WeightsFile file() {
        return file;
    }

    boolean has(String name) {
        return file.shapes().containsKey(name);
    }

    Array array(String name) {
        return new Array(file.shapes().get(name), file.floats(name));
    }

    /** Compares every tensor that has a tolerance with what {@code actual} gives for its name, row-major. */
    void compareAll(String way, Function<String, float[]> actual) {
        tolerances.properties().forEach(entry -> {
            if (!has(entry.getKey())) {
                failures.add("%s: has a tolerance but no values".formatted(entry.getKey()));
                return;
            }
            compare(
                    way,
                    entry.getKey(),
                    actual.apply(entry.getKey()),
                    entry.getValue().asDouble());
        });
    }

    void compare(String way, String name, float[] actual, double tolerance) {
        cases++;
        String where = name + " " + way;
        if (actual == null) {
            failures.add(where + ": the network names no such value");
            return;
        }
        float[] expected = file.floats(name);
        if (expected.length != actual.length) {
            failures.add("%s: expected %d values, got %d".formatted(where, expected.length, actual.length));
            return;
        }
        double error = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs((double) expected[i] - actual[i]);
            error = difference <= error ? error : difference; // NaN becomes the error and stays
        }
        if (!(error / tolerance <= worst)) {
            worst = error / tolerance;
            worstLine = "worst error %.2e (tolerance %.0e) in %s".formatted(error, tolerance, where);
        }
        if (!(error <= tolerance)) {
            failures.add("%s: error %.2e, tolerance %.0e".formatted(where, error, tolerance));
        }
    }

    void report() {
        System.out.printf("goldens %s: %d cases, %s%n", subject, cases, worstLine);
        assertTrue(cases > 0, "no cases found");
        assertTrue(failures.isEmpty(), () -> failures.size() + " differ:\n" + String.join("\n", failures));
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
