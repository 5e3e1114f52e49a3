package mixgrpo.models.lora;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.goldens.LoraCase;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.WeightsFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reference's files, read in every format and written again. */
class LoraFileGoldensTest {

    @TempDir
    Path folder;

    @Test
    void everyFormatOfOneAdapterHoldsTheSameFactors() throws IOException {
        LoraFile reference = LoraFile.read(LoraCase.folder().resolve(LoraCase.REFERENCE));
        assertEquals(LoraFile.Alpha.CONFIGURED, reference.alpha());
        Map<LoraFormat, String> expected = new LinkedHashMap<>();
        int cases = 0;
        for (Path file : LoraCase.files()) {
            String name = LoraCase.folder().relativize(file).toString();
            if (name.equals("kohya_dense.safetensors")) {
                continue; // another adapter
            }
            LoraFile other = LoraFile.read(file);
            expected.put(other.format(), name);
            boolean part = name.equals("kohya_without_linear1.safetensors");
            boolean withoutAlpha = other.alpha() == LoraFile.Alpha.RANK;
            if (!part) {
                assertEquals(
                        reference.lora().modules().keySet(),
                        new TreeSet<>(other.lora().modules().keySet()),
                        name);
            }
            other.lora().modules().forEach((layer, factors) -> {
                LoraFactors same = reference.lora().modules().get(layer);
                assertEquals(withoutAlpha ? 1 : same.scale(), factors.scale(), name + " " + layer);
                assertArrayEquals(same.a().shape(), factors.a().shape(), name + " " + layer);
                assertArrayEquals(same.b().shape(), factors.b().shape(), name + " " + layer);
                assertArrayEquals(same.a().values(), factors.a().values(), name + " " + layer);
                assertArrayEquals(same.b().values(), factors.b().values(), name + " " + layer);
            });
            cases += other.lora().modules().size();
        }
        System.out.printf("goldens lora files: %d cases, worst error 0 (tolerance 0)%n", cases);
        assertEquals(
                List.of(LoraFormat.DIFFUSERS, LoraFormat.KOHYA, LoraFormat.PEFT),
                List.copyOf(new TreeSet<>(expected.keySet())));
    }

    @Test
    void mergedWeightsAreTheReferences() throws IOException {
        GoldenReport report = new GoldenReport("Lora merged weights");
        String prefix = "fused_weight.";
        try (LoraCase golden = LoraCase.open()) {
            var tolerances = GoldenReport.tolerances(golden.values().path());
            MergedWeights merged = (MergedWeights)
                    golden.merged(new LoraCase.Applied(LoraCase.folder().resolve(LoraCase.REFERENCE), 1));
            for (String name : golden.values().shapes().keySet()) {
                if (name.startsWith(prefix)) {
                    String key = name.substring(prefix.length());
                    report.compare(
                            name,
                            new Array(
                                    golden.values().shapes().get(name),
                                    golden.values().floats(name)),
                            new Array(merged.shapes().get(key), merged.floats(key)),
                            tolerances.get(name));
                }
            }
        }
        report.print();
    }

    @Test
    void whatWeSaveIsWhatTheReferenceSaved() throws IOException {
        Path original = LoraCase.folder().resolve(LoraCase.REFERENCE);
        Lora lora = LoraFile.read(original).lora();
        Path ours = folder.resolve(LoraCase.REFERENCE);
        LoraFile.write(ours, lora, Dtype.F32);
        try (WeightsFile expected = SafetensorsFile.open(original);
                WeightsFile actual = SafetensorsFile.open(ours)) {
            assertEquals(
                    List.copyOf(expected.shapes().keySet()),
                    List.copyOf(actual.shapes().keySet()));
            for (String key : expected.shapes().keySet()) {
                assertArrayEquals(expected.shapes().get(key), actual.shapes().get(key), key);
                assertArrayEquals(expected.bytes(key), actual.bytes(key), key);
            }
            JsonNode theirs = config(expected);
            config(actual).properties().forEach(field -> {
                JsonNode same = theirs.path(field.getKey());
                assertTrue(
                        same.isNumber()
                                ? same.asDouble() == field.getValue().asDouble()
                                : same.equals(field.getValue()),
                        field + " is not " + same);
            });
            for (String needed : List.of("r", "lora_alpha", "target_modules", "rank_pattern", "alpha_pattern")) {
                assertTrue(config(actual).has("transformer." + needed), needed);
            }
        }
        assertEquals(LoraFile.Alpha.CONFIGURED, LoraFile.read(ours).alpha());
    }

    private static JsonNode config(WeightsFile file) throws IOException {
        return new ObjectMapper().readTree(file.metadata().get("lora_adapter_metadata"));
    }

    @Test
    void aFoldedFileNeedsNoAlphaAndMergesTheSame() throws IOException {
        Lora lora = LoraFile.read(LoraCase.folder().resolve(LoraCase.REFERENCE)).lora();
        Path file = folder.resolve("folded.safetensors");
        LoraFile.writeFolded(file, lora, Dtype.F32);
        LoraFile folded = LoraFile.read(file);
        assertEquals(LoraFile.Alpha.RANK, folded.alpha());
        List<String> layers = new ArrayList<>(lora.modules().keySet());
        for (String layer : layers) {
            LoraFactors before = lora.modules().get(layer);
            LoraFactors after = folded.lora().modules().get(layer);
            float[] expected = new float[before.out() * before.in()];
            float[] actual = expected.clone();
            before.addTo(expected);
            after.addTo(actual);
            assertArrayEquals(expected, actual, 1e-6f, layer);
        }
        assertTrue(Files.size(file) > 0);
    }
}
