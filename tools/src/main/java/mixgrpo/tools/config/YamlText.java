package mixgrpo.tools.config;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes a configuration record as YAML: its components as keys, in their order. */
final class YamlText {

    private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
                    .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                    .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .disable(YAMLGenerator.Feature.SPLIT_LINES)
                    .build())
            .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);

    private YamlText() {}

    static String of(Record record) {
        try {
            return YAML.writeValueAsString(plain(record));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a configuration of plain values cannot be written", e);
        }
    }

    private static Object plain(Object value) {
        if (value instanceof Record record) {
            return components(record);
        } else if (value instanceof Map<?, ?> map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            map.forEach((name, entry) -> entries.put(name, plain(entry)));
            return entries;
        } else if (value instanceof List<?> list) {
            return list.stream().map(YamlText::plain).toList();
        } else if (value instanceof Optional<?> optional) {
            return optional.map(YamlText::plain).orElse("none");
        } else if (value instanceof Double number) {
            return number(number);
        } else if (value instanceof Integer || value instanceof Long || value instanceof Boolean) {
            return value;
        } else if (value instanceof Enum<?>) {
            return Leaf.name(value);
        }
        return value.toString();
    }

    /** 0.0002 rather than 2.0E-4, but not 0.00000001. */
    private static Object number(double value) {
        if (Double.isInfinite(value)) {
            return "infinity";
        }
        return value != 0 && Math.abs(value) < 1e-4
                ? value
                : new BigDecimal(Double.toString(value)).stripTrailingZeros();
    }

    private static Map<String, Object> components(Record record) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            try {
                values.put(component.getName(), plain(component.getAccessor().invoke(record)));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("component %s cannot be read".formatted(component), e);
            }
        }
        return values;
    }
}
