package mixgrpo.tools.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.trainer.config.InvalidConfigException;

/**
 * Some keys and their values, to lie over other layers.
 *
 * @param origin where it comes from, as error messages call it
 * @param given whether it is what this user gave for this run, and not a preset or a default
 */
record Layer(String origin, boolean given, ObjectNode values) {

    private static final ObjectMapper YAML =
            new ObjectMapper(new YAMLFactory()).enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    /**
     * The layer of a YAML file.
     *
     * @param option that named it, for messages; may be empty
     * @throws InvalidConfigException if it is no YAML text
     */
    static Layer ofFile(String option, Path file) throws IOException {
        String origin = (option + " " + file).strip();
        if (Files.isDirectory(file)) {
            throw new InvalidConfigException(
                    List.of("%s: expected a YAML file with keys and values, got a folder".formatted(origin)));
        }
        try {
            return ofYaml(origin, true, Files.readString(file));
        } catch (CharacterCodingException e) {
            throw new InvalidConfigException(
                    List.of("%s: expected YAML text in UTF-8, got other bytes".formatted(origin)));
        }
    }

    /** The layer of a YAML file on the class path. */
    static Layer ofResource(String name) throws IOException {
        try (InputStream in = Layer.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("resource %s is missing from the class path".formatted(name));
            }
            return ofYaml(name, false, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    static Layer ofYaml(String origin, boolean given, String text) {
        JsonNode values;
        try {
            values = YAML.readTree(text);
        } catch (JsonProcessingException e) {
            throw new InvalidConfigException(List.of("%s, line %d: not readable as YAML: %s"
                    .formatted(
                            origin,
                            e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                            problem(e))));
        }
        if (values.isMissingNode() || values.isNull()) {
            values = JsonNodeFactory.instance.objectNode();
        }
        if (!(values instanceof ObjectNode object)) {
            throw new InvalidConfigException(
                    List.of("%s: expected keys and values in YAML, got %s".formatted(origin, values.getNodeType())));
        }
        return new Layer(origin, given, object);
    }

    /** The last line of the parser's that is not about a place: it says what was expected and what was found. */
    private static String problem(JsonProcessingException e) {
        return e.getOriginalMessage()
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith(" "))
                .reduce((first, second) -> second)
                .orElse("broken");
    }

    /** The layer of {@code key=value} arguments, later ones winning. */
    static Layer ofArguments(List<String> arguments) {
        ObjectNode values = JsonNodeFactory.instance.objectNode();
        List<String> faults = new ArrayList<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 1) {
                faults.add("'%s': expected key=value, as in window.shiftInterval=15".formatted(argument));
                continue;
            }
            put(
                    values,
                    argument.substring(0, equals).strip(),
                    argument.substring(equals + 1).strip());
        }
        if (!faults.isEmpty()) {
            throw new InvalidConfigException(faults);
        }
        return new Layer("command line", true, values);
    }

    private static void put(ObjectNode values, String key, String value) {
        String[] path = key.split("\\.", -1);
        ObjectNode parent = values;
        for (int i = 0; i < path.length - 1; i++) {
            JsonNode child = parent.get(path[i]);
            parent = child instanceof ObjectNode object ? object : parent.putObject(path[i]);
        }
        parent.put(path[path.length - 1], value);
    }
}
