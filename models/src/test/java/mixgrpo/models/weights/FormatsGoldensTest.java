package mixgrpo.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One transformer in several containers holds the same weights, rounded to what each stores; and our files are the
 * reference's, byte for byte.
 */
class FormatsGoldensTest {

    private static final Path MODELS = Path.of(System.getProperty("goldens"), "models");

    @TempDir
    Path folder;

    @Test
    void everyContainerHoldsTheTransformerRoundedToItsDtype() throws IOException {
        List<Path> containers = containers();
        long values = 0;
        try (Component reference = Component.open(MODELS.resolve("flux/transformer"))) {
            for (Path container : containers) {
                try (Component opened = Component.open(container)) {
                    WeightsCheck.same(reference.weights().shapes(), opened.weights(), container.toString());
                    WeightsCheck.finite(opened.weights(), container.toString());
                    for (Map.Entry<String, Dtype> entry :
                            opened.weights().dtypes().entrySet()) {
                        String key = entry.getKey();
                        float[] expected = reference.weights().floats(key);
                        for (int i = 0; i < expected.length; i++) {
                            expected[i] = rounded(entry.getValue(), expected[i]);
                        }
                        assertArrayEquals(expected, opened.weights().floats(key), container + " " + key);
                        values += expected.length;
                    }
                }
            }
        }
        System.out.printf(
                "goldens formats: %d cases, worst error 0 (tolerance 0) in %s, %d values%n",
                containers.size(), containers.get(0).getFileName(), values);
        assertTrue(values > 0, "no case in " + MODELS);
    }

    private static List<Path> containers() throws IOException {
        try (Stream<Path> found = Files.list(MODELS.resolve("checkpoint-formats"))) {
            return found.filter(Files::isDirectory).sorted().toList();
        }
    }

    private static float rounded(Dtype dtype, float value) {
        return switch (dtype) {
            case F32 -> value;
            case F16 -> HalfFloats.fromF16(HalfFloats.toF16(value));
            case BF16 -> HalfFloats.fromBf16(HalfFloats.toBf16(value));
            default -> throw new AssertionError("a transformer in " + dtype);
        };
    }

    @Test
    void weWriteWhatTheReferenceWrites() throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.walk(MODELS)) {
            files = found.filter(f -> f.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
        }
        int cases = 0;
        for (Path file : files) {
            try (WeightsFile read = SafetensorsFile.open(file)) {
                List<Dtype> dtypes = read.dtypes().values().stream().distinct().toList();
                if (dtypes.size() == 1
                        && List.of(Dtype.F32, Dtype.F16, Dtype.BF16).contains(dtypes.get(0))
                        && read.metadata().size() <= 1) { // the reference writes several fields in random order
                    Path copy = folder.resolve("copy.safetensors");
                    SafetensorsWriter.write(copy, read, dtypes.get(0), read.metadata());
                    assertEquals(-1, Files.mismatch(file, copy), file.toString());
                    cases++;
                }
            }
        }
        System.out.printf(
                "goldens formats, written again: %d cases, worst error 0 (tolerance 0), identical bytes%n", cases);
        assertTrue(cases > 0, "no case in " + MODELS);
    }
}
