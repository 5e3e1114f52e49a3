package mixgrpo.runtime.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ids of both tokenizers, opened from every kind of file that they come in, against those that the pipeline feeds. */
class TokenizersGoldensTest {

    private static final Path FLUX = Path.of(System.getProperty("goldens"), "models", "flux");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<String> failures = new ArrayList<>();
    private int cases;
    private int worst;
    private String worstCase = "none";

    @TempDir
    Path temporary;

    @Test
    void idsAreThePipelines() throws IOException {
        JsonNode goldens =
                JSON.readTree(FLUX.resolve("cases").resolve("tokenizers.json").toFile());
        int clipLength = goldens.path("clip_max_length").asInt();
        int t5Length = goldens.path("max_sequence_length").asInt();
        List<Path> clips = new ArrayList<>(List.of(FLUX.resolve("tokenizer")));
        if (Files.exists(clips.get(0).resolve("merges.txt"))) {
            clips.add(clipAsJson(clips.get(0)));
        }
        for (Path folder : clips) {
            try (ClipTokenizer tokenizer = ClipTokenizer.open(folder)) {
                assertEquals(clipLength, TokenizerFiles.open(folder).length(77));
                check("clip", goldens, tokenizer, clipLength);
            }
        }
        List<Path> t5s = new ArrayList<>(List.of(FLUX.resolve("tokenizer_2")));
        if (Files.exists(t5s.get(0).resolve("spiece.model"))) {
            t5s.add(without(t5s.get(0), "tokenizer.json"));
        }
        for (Path folder : t5s) {
            try (Tokenizer tokenizer = T5Tokenizer.open(folder)) {
                check("t5", goldens, tokenizer, t5Length);
            }
        }
        System.out.printf(
                "goldens Tokenizers: %d cases, worst error %d (tolerance 0) in %s%n", cases, worst, worstCase);
        assertTrue(cases > 0, "no cases found");
        assertTrue(failures.isEmpty(), () -> failures.size() + " differ:\n" + String.join("\n", failures));
    }

    /** The same vocabulary and merges as {@code tokenizer.json} has them. */
    private Path clipAsJson(Path clip) throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("clip"));
        ObjectNode json = JSON.createObjectNode();
        ObjectNode model = json.putObject("model");
        model.set("vocab", JSON.readTree(clip.resolve("vocab.json").toFile()));
        ArrayNode merges = model.putArray("merges");
        Files.readAllLines(clip.resolve("merges.txt")).stream()
                .skip(1)
                .filter(line -> !line.isBlank())
                .forEach(line -> Arrays.stream(line.split(" ")).forEach(merges.addArray()::add));
        JSON.writeValue(folder.resolve("tokenizer.json").toFile(), json);
        copy(clip, folder, file -> file.endsWith("config.json") || file.startsWith("special_tokens"));
        return folder;
    }

    private Path without(Path source, String left) throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("t5"));
        copy(source, folder, file -> !file.equals(left));
        return folder;
    }

    private static void copy(Path source, Path target, Predicate<String> chosen) throws IOException {
        try (var files = Files.list(source)) {
            for (Path file : files.toList()) {
                if (chosen.test(file.getFileName().toString())) {
                    Files.copy(file, target.resolve(file.getFileName()));
                }
            }
        }
    }

    private void check(String name, JsonNode goldens, Tokenizer tokenizer, int length) throws IOException {
        for (JsonNode golden : goldens.path("prompts")) {
            Tokens tokens = tokenizer.tokenize(golden.path("prompt").textValue());
            compare(golden, name + "_ids_untruncated", tokens.ids());
            compare(golden, name + "_ids", tokens.padded(length, tokenizer.pad()));
        }
    }

    private void compare(JsonNode golden, String field, int[] actual) throws IOException {
        int[] expected = JSON.treeToValue(golden.get(field), int[].class);
        cases++;
        int wrong = Math.abs(expected.length - actual.length);
        for (int i = 0; i < Math.min(expected.length, actual.length); i++) {
            wrong += expected[i] == actual[i] ? 0 : 1;
        }
        String prompt = golden.path("prompt").textValue();
        if (wrong > worst) {
            worst = wrong;
            worstCase = "%s of '%s'".formatted(field, prompt);
        }
        if (wrong > 0) {
            failures.add("%s of '%s':%nexpected %s%n     got %s"
                    .formatted(field, prompt, Arrays.toString(expected), Arrays.toString(actual)));
        }
    }
}
