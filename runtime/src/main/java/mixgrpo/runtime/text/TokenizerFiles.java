package mixgrpo.runtime.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mixgrpo.models.weights.JsonFile;

/**
 * A tokenizer's folder as transformers leaves it.
 *
 * @param config {@code tokenizer_config.json}, or a missing node
 * @param special {@code special_tokens_map.json}, or a missing node
 */
record TokenizerFiles(Path folder, JsonNode config, JsonNode special) {

    static TokenizerFiles open(Path folder) throws IOException {
        return new TokenizerFiles(
                folder,
                optional(folder.resolve("tokenizer_config.json")),
                optional(folder.resolve("special_tokens_map.json")));
    }

    private static JsonNode optional(Path file) throws IOException {
        return Files.exists(file) ? JsonFile.read(file) : MissingNode.getInstance();
    }

    boolean has(String file) {
        return Files.isRegularFile(folder.resolve(file));
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** A special token's text, {@code pad_token}'s say. */
    String token(String name, String otherwise) {
        for (JsonNode source : new JsonNode[] {config, special}) {
            JsonNode token = source.path(name).path("content").isTextual()
                    ? source.path(name).path("content")
                    : source.path(name);
            if (token.isTextual()) {
                return token.textValue();
            }
        }
        return otherwise;
    }

    /** {@code model_max_length}: tokens of a sequence, marks included. */
    int length(int otherwise) {
        JsonNode length = config.path("model_max_length");
        return length.isInt() && length.asInt() > 2 ? length.asInt() : otherwise;
    }

    /** Tokens that the configuration adds to the vocabulary, or finds in a prompt before anything else. */
    Map<String, Integer> added() throws IOException {
        Map<String, Integer> added = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry :
                config.path("added_tokens_decoder").properties()) {
            if (!entry.getKey().matches("\\d{1,9}")
                    || !entry.getValue().path("content").isTextual()) {
                throw new IOException("%s: added_tokens_decoder: expected ids with a content each, got '%s': %s"
                        .formatted(file("tokenizer_config.json"), entry.getKey(), entry.getValue()));
            }
            added.put(entry.getValue().path("content").textValue(), Integer.valueOf(entry.getKey()));
        }
        return added;
    }

    /** What to say if no file that is known is there. */
    IOException missing(String expected) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return new IOException("%s: no tokenizer; expected %s, the folder holds %s"
                    .formatted(
                            folder,
                            expected,
                            files.map(file -> file.getFileName().toString())
                                    .sorted()
                                    .collect(Collectors.toList())));
        }
    }
}
