package mixgrpo.tools.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The types a single value of the configuration may have, and how they are read. A value from the command line is text whatever it
 * stands for; a value from YAML has a type already, except where YAML and people differ ({@code 1e-4} is text to YAML).
 */
final class Leaf {

    private Leaf() {}

    /** A value that is not of the expected type. */
    static final class MistypedException extends Exception {
        private static final long serialVersionUID = 1;

        MistypedException(String expected) {
            super(expected);
        }
    }

    /**
     * @throws MistypedException whose message says what is expected
     */
    static Object read(Type type, JsonNode node) throws MistypedException {
        if (type instanceof ParameterizedType generic) {
            Type element = generic.getActualTypeArguments()[0];
            if (generic.getRawType() == List.class) {
                return list(element, node);
            }
            if (generic.getRawType() == Optional.class) {
                boolean absent = node.isNull()
                        || node.asText().isEmpty()
                        || node.asText().equals("none");
                return absent ? Optional.empty() : Optional.of(read(element, node));
            }
        }
        if (!node.isValueNode() || node.isNull()) {
            throw new MistypedException(expected(type));
        }
        String text = node.asText();
        try {
            if (type == int.class || type == Integer.class) {
                return Integer.parseInt(text);
            } else if (type == long.class) {
                return Long.parseLong(text);
            } else if (type == double.class || type == Double.class) {
                return number(text);
            } else if (type == boolean.class && (text.equals("true") || text.equals("false"))) {
                return Boolean.parseBoolean(text);
            } else if (type == String.class) {
                return text;
            } else if (type == Path.class && !text.isEmpty()) {
                return Path.of(text).toAbsolutePath().normalize();
            } else if (type instanceof Class<?> choice && choice.isEnum()) {
                return Arrays.stream(choice.getEnumConstants())
                        .filter(constant -> name(constant).equals(text))
                        .findFirst()
                        .orElseThrow(() -> new MistypedException(expected(type)));
            }
        } catch (NumberFormatException | InvalidPathException e) {
            throw new MistypedException(expected(type));
        }
        throw new MistypedException(expected(type));
    }

    private static double number(String text) {
        double value =
                switch (text) {
                    case "infinity", "inf" -> Double.POSITIVE_INFINITY;
                    default -> Double.parseDouble(text);
                };
        if (Double.isNaN(value)) {
            throw new NumberFormatException(text);
        }
        return value;
    }

    /** A list of choices may also be {@code true}, all of them, or {@code false}, none. */
    private static List<Object> list(Type element, JsonNode node) throws MistypedException {
        if (element instanceof Class<?> choice && choice.isEnum()) {
            if (node.asText().equals("true")) {
                return List.of(choice.getEnumConstants());
            } else if (node.asText().equals("false")) {
                return List.of();
            }
        }
        List<Object> values = new ArrayList<>();
        if (node.isArray()) {
            for (JsonNode item : node) {
                values.add(read(element, item));
            }
        } else if (node.isTextual()) {
            for (String item : node.asText().replaceAll("^\\[|]$", "").split(",")) {
                if (!item.isBlank()) {
                    values.add(read(element, TextNode.valueOf(item.strip())));
                }
            }
        } else {
            throw new MistypedException("a list, as in [a, b]");
        }
        return List.copyOf(values);
    }

    /** How a choice is written in YAML. */
    static String name(Object constant) {
        return constant.toString().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String expected(Type type) {
        if (type == int.class || type == long.class || type == Integer.class) {
            return "a whole number";
        } else if (type == double.class || type == Double.class) {
            return "a number";
        } else if (type == boolean.class) {
            return "true or false";
        } else if (type == Path.class) {
            return "a path";
        } else if (type instanceof Class<?> choice && choice.isEnum()) {
            return Arrays.stream(choice.getEnumConstants()).map(Leaf::name).collect(Collectors.joining(" | "));
        }
        return "a single value";
    }
}
