package mixgrpo.models.goldens;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;

/** Tensors compared with their expected values; {@link #print} says how many, which was worst, and fails on any too far off. */
public final class GoldenReport {

    private final String subject;
    private final List<String> failures = new ArrayList<>();
    private int cases;
    private double worst = -1;
    private String worstLine = "";

    /** @param subject of the line that is printed */
    public GoldenReport(String subject) {
        this.subject = subject;
    }

    /** The folder {@code parts} of the fixtures, wherever the system property {@code goldens} says they lie. */
    public static Path folder(String... parts) {
        return Path.of(System.getProperty("goldens"), parts);
    }

    /** Absolute tolerances of the tensors in {@code file}, from the {@code tolerances.json} in its folder or the nearest above. */
    public static Map<String, Double> tolerances(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        while (!Files.exists(folder.resolve("tolerances.json"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException(file + ": no tolerances.json in its folder or above");
            }
        }
        JsonNode all =
                new ObjectMapper().readTree(folder.resolve("tolerances.json").toFile());
        String name = folder.relativize(file.toAbsolutePath()).toString();
        if (!all.path(name).isObject()) {
            throw new IllegalStateException("%s: no tolerances of '%s'".formatted(folder, name));
        }
        return all.path(name).properties().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().asDouble()));
    }

    /** Rows of whole numbers. */
    public static int[][] ids(WeightsFile file, String name) {
        long[] shape = file.shapes().get(name);
        long[] all = file.longs(name);
        int[][] rows = new int[Math.toIntExact(shape[0])][Math.toIntExact(shape[1])];
        for (int i = 0; i < all.length; i++) {
            rows[i / rows[0].length][i % rows[0].length] = Math.toIntExact(all[i]);
        }
        return rows;
    }

    /**
     * Every tensor that has a tolerance, against the result of its name. A name without a result is a failure.
     *
     * @param variant goes before the tensors' names in the report, may be empty
     */
    public void compare(String variant, Map<String, Double> tolerances, Weights expected, Map<String, Array> results) {
        tolerances.forEach((name, tolerance) -> {
            String title = variant.isEmpty() ? name : variant + " " + name;
            Array actual = results.get(name);
            if (actual == null) {
                cases++;
                failures.add(title + ": no result of this name; there are " + results.keySet());
                return;
            }
            compare(title, new Array(expected.shapes().get(name), expected.floats(name)), actual, tolerance);
        });
    }

    /** Element by element; extents of 1 in the shapes do not count. */
    public void compare(String title, Array expected, Array actual, double tolerance) {
        cases++;
        if (!Arrays.equals(withoutOnes(expected), withoutOnes(actual))) {
            failures.add("%s: expected shape %s, got %s"
                    .formatted(title, Arrays.toString(expected.shape()), Arrays.toString(actual.shape())));
            return;
        }
        double largest = 0;
        for (int i = 0; i < expected.values().length; i++) {
            double error = Math.abs((double) expected.values()[i] - actual.values()[i]);
            largest = error <= largest ? largest : error; // NaN stays
        }
        if (!(largest / tolerance <= worst)) {
            worst = largest / tolerance;
            worstLine = "worst error %.2e (tolerance %.0e) in %s".formatted(largest, tolerance, title);
        }
        if (!(largest <= tolerance)) {
            failures.add("%s: off by %.2e, tolerance %.0e".formatted(title, largest, tolerance));
        }
    }

    private static long[] withoutOnes(Array array) {
        return Arrays.stream(array.shape()).filter(extent -> extent != 1).toArray();
    }

    public void print() {
        System.out.printf("goldens %s: %d cases, %s%n", subject, cases, worstLine);
        assertTrue(cases > 0, "no cases found");
        assertTrue(failures.isEmpty(), () -> "%d of %d are off:%n%s"
                .formatted(failures.size(), cases, String.join(System.lineSeparator(), failures)));
    }
}
