package mixgrpo.trainer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.models.goldens.GoldenReport;

/** Numbers of a golden file compared case by case; {@link #print} says which was worst and fails on any too far off. */
public final class NumberGoldens {

    private final String subject;
    private final JsonNode root;
    private final List<String> failures = new ArrayList<>();
    private int cases;
    private String current = "";
    private double worst = -1;
    private String worstLine = "";

    public NumberGoldens(String subject, String folder, String file) throws IOException {
        this.subject = subject;
        root = new ObjectMapper()
                .readTree(GoldenReport.folder(folder).resolve(file).toFile());
    }

    public JsonNode root() {
        return root;
    }

    /** What follows belongs to this case. */
    public void begin(String name) {
        cases++;
        current = name;
    }

    public void close(String what, double expected, double actual, double tolerance) {
        within(what, expected == actual ? 0 : Math.abs(expected - actual), tolerance);
    }

    public void close(String what, JsonNode expected, double[] actual, double tolerance) {
        within(what + " length", Math.abs(expected.size() - actual.length), 0.5);
        for (int i = 0; i < Math.min(expected.size(), actual.length); i++) {
            close(what + "[" + i + "]", expected.get(i).asDouble(), actual[i], tolerance);
        }
    }

    public void within(String what, double error, double tolerance) {
        if (!(error / tolerance <= worst)) {
            worst = error / tolerance;
            worstLine = "worst error %.2e (tolerance %.0e) in %s %s".formatted(error, tolerance, current, what);
        }
        if (!(error <= tolerance)) {
            failures.add("%s %s: off by %.2e, tolerance %.0e".formatted(current, what, error, tolerance));
        }
    }

    public void print() {
        System.out.printf("goldens %s: %d cases, %s%n", subject, cases, worstLine);
        assertTrue(cases > 0, "no cases found");
        assertTrue(
                failures.isEmpty(),
                () -> failures.size() + " differ:\n"
                        + String.join("\n", failures.subList(0, Math.min(20, failures.size()))));
    }

    public static double[] doubles(JsonNode array) {
        double[] values = new double[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asDouble();
        }
        return values;
    }
}
