package mixgrpo.tools.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mixgrpo.trainer.config.InvalidConfigException;

/**
 * Lays layers over each other and builds a record from them. The first layer holds every default. All faults come out together:
 * where a value has the wrong type or a record refuses its values, binding goes on with the defaults there, and what another
 * record then says about them is left out.
 */
final class Binder {

    private static final String ANY = "*";

    private final Class<?> root;
    private final Map<String, Object> defaults = new LinkedHashMap<>();
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Set<String> given = new LinkedHashSet<>();
    private final List<String> faults = new ArrayList<>();
    private final Set<String> refused = new LinkedHashSet<>();

    private Binder(Class<?> root) {
        this.root = root;
    }

    /**
     * A record and where it differs from its presets.
     *
     * @param given the dotted keys that the user gave
     */
    record Bound<R>(R record, Set<String> given) {}

    /**
     * @param layers the defaults first, each following one over those before it
     * @throws InvalidConfigException with every fault of every layer and of every record
     */
    static <R extends Record> Bound<R> bind(Class<R> type, List<Layer> layers) {
        Binder binder = new Binder(type);
        for (Layer layer : layers) {
            binder.read(layer, layer.values(), type, "");
            if (layer == layers.get(0)) {
                binder.defaults.putAll(binder.values);
            }
        }
        R record = type.cast(binder.build(type, ""));
        if (!binder.faults.isEmpty()) {
            throw new InvalidConfigException(binder.faults);
        }
        return new Bound<>(record, Set.copyOf(binder.given));
    }

    private void read(Layer layer, ObjectNode node, Class<?> record, String prefix) {
        node.properties().forEach(field -> {
            String key = prefix + field.getKey();
            Optional<RecordComponent> component = component(record, field.getKey());
            if (component.isPresent()) {
                read(layer, field.getValue(), component.get(), key);
            } else {
                faults.add("%s: unknown key (%s); the nearest known one is %s"
                        .formatted(key, layer.origin(), Keys.nearest(root, key)));
            }
        });
    }

    private void read(Layer layer, JsonNode node, RecordComponent component, String key) {
        Class<?> entries = Keys.mapEntries(component.getGenericType());
        if (entries != null) {
            readMap(layer, node, entries, key);
        } else if (component.getType().isRecord()) {
            readRecord(layer, node, component.getType(), key);
        } else {
            readLeaf(layer, node, component.getGenericType(), key);
        }
    }

    /** A plain value for a record that names a file is that file. */
    private void readRecord(Layer layer, JsonNode node, Class<?> record, String key) {
        Optional<RecordComponent> file = component(record, "file");
        if (node instanceof ObjectNode object) {
            read(layer, object, record, key + ".");
        } else if (file.isPresent() && node.isTextual()) {
            readLeaf(layer, node, file.get().getGenericType(), key + ".file");
        } else {
            String keys = Arrays.stream(record.getRecordComponents())
                    .map(component -> key + "." + component.getName())
                    .collect(Collectors.joining(", "));
            mistyped(layer, key, keys, node);
        }
    }

    /** An entry that is null takes the entry of the layers below away. */
    private void readMap(Layer layer, JsonNode node, Class<?> entries, String key) {
        if (!(node instanceof ObjectNode object)) {
            mistyped(
                    layer,
                    key,
                    "names with keys, as in %s.NAME.%s".formatted(key, entries.getRecordComponents()[0].getName()),
                    node);
            return;
        }
        object.properties().forEach(entry -> {
            String path = key + "." + entry.getKey();
            if (!entry.getKey().matches("[\\w-]+|\\*")) {
                mistyped(layer, key, "a name of letters, digits, '_' and '-'", TextNode.valueOf(entry.getKey()));
            } else if (entry.getValue() instanceof ObjectNode fields) {
                values.put(path, entry.getKey());
                read(layer, fields, entries, path + ".");
            } else if (entry.getValue().isNull() || entry.getValue().asText().equals("null")) {
                values.keySet().removeIf(known -> known.equals(path) || known.startsWith(path + "."));
            } else {
                readRecord(layer, entry.getValue(), entries, path);
            }
        });
    }

    private void readLeaf(Layer layer, JsonNode node, Type type, String key) {
        try {
            values.put(key, Leaf.read(type, node));
            if (layer.given()) {
                given.add(key);
            }
        } catch (Leaf.MistypedException e) {
            mistyped(layer, key, e.getMessage(), node);
        }
    }

    private void mistyped(Layer layer, String key, String expected, JsonNode got) {
        String text = got.isContainerNode() ? got.toString() : "'" + got.asText() + "'";
        faults.add("%s: expected %s, got %s (%s)".formatted(key, expected, text, layer.origin()));
        refused.add(key);
    }

    private static Optional<RecordComponent> component(Class<?> record, String name) {
        return Arrays.stream(record.getRecordComponents())
                .filter(component -> component.getName().equals(name))
                .findFirst();
    }

    private Object build(Class<?> record, String prefix) {
        Object built = construct(record, prefix);
        if (built == null && !prefix.isEmpty()) {
            refused.add(prefix);
            restoreDefaults(prefix);
            built = construct(record, prefix);
        }
        return built;
    }

    private Object[] arguments(Class<?> record, String prefix) {
        return Arrays.stream(record.getRecordComponents())
                .map(component -> argument(component, prefix + component.getName()))
                .toArray();
    }

    private Object argument(RecordComponent component, String key) {
        Class<?> entries = Keys.mapEntries(component.getGenericType());
        if (entries != null) {
            Map<String, Object> map = new LinkedHashMap<>();
            entryNames(key).forEach(name -> map.put(name, build(entries, key + "." + name + ".")));
            return map;
        } else if (component.getType().isRecord()) {
            return build(component.getType(), key + ".");
        } else if (values.containsKey(key)) {
            return values.get(key);
        } else if (values.containsKey(template(key))) {
            return values.get(template(key));
        } else if (component.getType() == Optional.class) {
            return Optional.empty();
        }
        throw new IllegalStateException("key '%s' has no default value in the first layer".formatted(key));
    }

    private List<String> entryNames(String key) {
        int dots = (int) key.chars().filter(c -> c == '.').count() + 1;
        return values.keySet().stream()
                .filter(known -> known.startsWith(key + ".")
                        && known.chars().filter(c -> c == '.').count() == dots)
                .map(known -> known.substring(key.length() + 1))
                .filter(name -> !name.equals(ANY))
                .toList();
    }

    /** The key under which the default of an entry's value is kept: {@code rewards.scene.weight} to {@code rewards.*.weight}. */
    private static String template(String key) {
        return key.replaceFirst("^(.*\\.)?[^.]+\\.([^.]+)$", "$1" + ANY + ".$2");
    }

    private void restoreDefaults(String prefix) {
        values.keySet().removeIf(key -> key.startsWith(prefix));
        defaults.forEach((key, value) -> {
            if (key.startsWith(prefix)) {
                values.put(key, value);
            }
        });
    }

    /** The record, or null if it refuses its values. */
    private Object construct(Class<?> record, String prefix) {
        Object[] arguments = arguments(record, prefix);
        try {
            Class<?>[] types = Stream.of(record.getRecordComponents())
                    .map(RecordComponent::getType)
                    .toArray(Class<?>[]::new);
            Constructor<?> constructor = record.getDeclaredConstructor(types);
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof InvalidConfigException invalid) {
                invalid.faults().forEach(fault -> addFault(fault, prefix));
                return null;
            } else if (e.getCause() instanceof IllegalArgumentException invalid) {
                addFault(invalid.getMessage(), prefix);
                return null;
            }
            throw new IllegalStateException("record %s failed".formatted(record.getName()), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("record %s cannot be built".formatted(record.getName()), e);
        }
    }

    /** A record in a map does not know its name and calls itself {@code *}. */
    private void addFault(String fault, String prefix) {
        String named = fault.replace(prefix.replaceFirst("[^.]+\\.$", "*."), prefix);
        if (refused.stream().noneMatch(named::contains)) {
            faults.add(named);
        }
    }
}
