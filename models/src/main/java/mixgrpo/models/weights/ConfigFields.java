package mixgrpo.models.weights;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The fields of a {@code config.json} of transformers or diffusers.
 *
 * @param className of what it configures, for messages
 */
public record ConfigFields(JsonNode config, String className) {

    /** Fields of every configuration that say nothing about what a network computes. */
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "_class_name",
            "_diffusers_version",
            "_attn_implementation_autoset",
            "_name_or_path",
            "architectures",
            "bos_token_id",
            "dtype",
            "initializer_factor",
            "initializer_range",
            "model_type",
            "output_past",
            "pad_token_id",
            "torch_dtype",
            "transformers_version",
            "use_cache");

    /**
     * A whole number that must be there.
     *
     * @throws IllegalArgumentException if it is not, or is below {@code least}
     */
    public int number(String field, int least) {
        JsonNode value = config.path(field);
        if (!value.isInt() || value.asInt() < least) {
            throw wrong(field, "a whole number from " + least + " on", value.isMissingNode() ? "nothing" : value);
        }
        return value.asInt();
    }

    /** A whole number from 1 on; {@code otherwise}, the class's default, if it is not there. */
    public int positive(String field, int otherwise) {
        return absent(field) ? otherwise : number(field, 1);
    }

    /** Whole numbers from {@code least} on; none if the list is not there. */
    public List<Integer> numbers(String field, int least) {
        JsonNode value = config.path(field);
        List<Integer> numbers = new ArrayList<>();
        if (absent(field)) {
            return numbers;
        }
        value.forEach(number -> numbers.add(number.isInt() ? number.asInt() : least - 1));
        if (!value.isArray() || numbers.stream().anyMatch(number -> number < least)) {
            throw wrong(field, "a list of whole numbers from " + least + " on", value);
        }
        return numbers;
    }

    /** Any number; {@code otherwise}, the class's default, if it is not there. */
    public double real(String field, double otherwise) {
        if (absent(field)) {
            return otherwise;
        }
        JsonNode value = config.path(field);
        if (!value.isNumber()) {
            throw wrong(field, "a number", value);
        }
        return value.asDouble();
    }

    /** Small and positive. */
    public double epsilon(String field, double otherwise) {
        double value = real(field, otherwise);
        if (!(value > 0) || !(value < 1)) {
            throw wrong(field, "a number between 0 and 1", config.path(field));
        }
        return value;
    }

    /** Whether something is switched on; {@code otherwise}, the class's default, if it is not there. */
    public boolean flag(String field, boolean otherwise) {
        if (absent(field)) {
            return otherwise;
        }
        JsonNode value = config.path(field);
        if (!value.isBoolean()) {
            throw wrong(field, "true or false", value);
        }
        return value.asBoolean();
    }

    private boolean absent(String field) {
        return config.path(field).isMissingNode() || config.path(field).isNull();
    }

    public String text(String field, String otherwise) {
        return config.path(field).asText(otherwise);
    }

    /** What is to be thrown about a field. */
    public IllegalArgumentException wrong(String field, String expected, Object got) {
        return new IllegalArgumentException("%s in the configuration of %s: expected %s, got %s"
                .formatted(field, className, expected, Problems.printable(String.valueOf(got))));
    }

    /** Fields that are neither in {@code known} nor without effect, in the file's order. */
    public List<String> unknown(Set<String> known) {
        List<String> unknown = new ArrayList<>();
        config.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field) && !WITHOUT_EFFECT.contains(field)) {
                unknown.add(field);
            }
        });
        return unknown;
    }

    /** Names of the fields of a configuration. */
    public static Set<String> names(JsonNode config) {
        Set<String> names = new LinkedHashSet<>();
        config.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
