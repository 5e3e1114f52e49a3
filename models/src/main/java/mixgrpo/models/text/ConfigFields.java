package mixgrpo.models.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The fields of a {@code config.json} of transformers; a missing one has the class's default there. */
record ConfigFields(JsonNode config, String className) {

    /** Fields of every configuration that say nothing about what an encoder computes. */
    private static final Set<String> WITHOUT_EFFECT = Set.of(
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

    int positive(String field, int otherwise) {
        JsonNode value = config.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isInt() || value.asInt() < 1) {
            throw wrong(field, "a whole number from 1 on", value);
        }
        return value.asInt();
    }

    /** Small and positive. */
    double epsilon(String field, double otherwise) {
        JsonNode value = config.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isNumber() || !(value.asDouble() > 0) || !(value.asDouble() < 1)) {
            throw wrong(field, "a number between 0 and 1", value);
        }
        return value.asDouble();
    }

    String text(String field, String otherwise) {
        return config.path(field).asText(otherwise);
    }

    IllegalArgumentException wrong(String field, String expected, Object got) {
        return new IllegalArgumentException(
                "%s in config.json of %s: expected %s, got %s".formatted(field, className, expected, got));
    }

    /** Fields that are neither in {@code known} nor without effect, in the file's order. */
    List<String> unknown(Set<String> known) {
        List<String> unknown = new ArrayList<>();
        config.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field) && !WITHOUT_EFFECT.contains(field)) {
                unknown.add(field);
            }
        });
        return unknown;
    }
}
