package mixgrpo.solvers;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One golden file compared case by case; {@link #report} prints the worst error and fails on any beyond its tolerance.
 */
final class Goldens {

    private final String subject;
    private final JsonNode root;
    private final List<String> failures = new ArrayList<>();
    private int cases;
    private String current;
    private double worst = -1;
    private String worstLine = "";

    Goldens(String subject, String file) throws IOException {
        this.subject = subject;
        root = new ObjectMapper()
                .readTree(
                        Path.of(System.getProperty("goldens"), "solvers", file).toFile());
    }

    /** The cases of a list, which may be of any number; those that are read count. */
    Iterable<JsonNode> cases(String list) {
        List<JsonNode> all = new ArrayList<>();
        root.get(list).forEach(all::add);
        return () -> all.stream()
                .peek(node -> {
                    cases++;
                    current = list + "/" + node.get("name").asText();
                })
                .iterator();
    }

    void close(String what, double expected, double actual, double tolerance) {
        double error = expected == actual ? 0 : Math.abs(expected - actual);
        if (!(error / tolerance <= worst)) {
            worst = error / tolerance;
            worstLine = "worst error %.2e (tolerance %.0e) in %s %s".formatted(error, tolerance, current, what);
        }
        if (!(error <= tolerance)) {
            failures.add("%s %s: expected %s, got %s".formatted(current, what, expected, actual));
        }
    }

    void close(String what, JsonNode expected, double[] actual, double tolerance) {
        same(what + " length", expected.size(), actual.length);
        for (int i = 0; i < actual.length; i++) {
            close(what + "[" + i + "]", expected.get(i).asDouble(), actual[i], tolerance);
        }
    }

    void same(String what, Object expected, Object actual) {
        if (!expected.equals(actual)) {
            failures.add("%s %s: expected %s, got %s".formatted(current, what, expected, actual));
        }
    }

    void report() {
        System.out.printf("goldens %s: %d cases, %s%n", subject, cases, worstLine.isEmpty() ? "all exact" : worstLine);
        assertTrue(cases > 0, "no cases found");
        assertTrue(
                failures.isEmpty(),
                () -> failures.size() + " differ:\n"
                        + String.join("\n", failures.subList(0, Math.min(20, failures.size()))));
    }

    static boolean has(JsonNode node, String field) {
        return node.hasNonNull(field);
    }

    static double[] doubles(JsonNode array) {
        double[] values = new double[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asDouble();
        }
        return values;
    }

    static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) array.get(i).asDouble();
        }
        return values;
    }

    static double[] doubles(float[] array) {
        double[] values = new double[array.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = array[i];
        }
        return values;
    }

    static float[] floats(double[] array) {
        float[] values = new float[array.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) array[i];
        }
        return values;
    }
}
