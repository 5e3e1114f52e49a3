package mixgrpo.tools.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.runtime.naming.EditDistance;

/**
 * The keys of a configuration record: the dotted names of its components, down through records, with {@code *} for any name in a
 * map of records.
 */
final class Keys {

    private Keys() {}

    /** Dotted name to type of every single value under {@code record}. */
    static Map<String, Type> leaves(Class<?> record) {
        Map<String, Type> leaves = new LinkedHashMap<>();
        collect(record, "", leaves);
        return leaves;
    }

    private static void collect(Class<?> record, String prefix, Map<String, Type> leaves) {
        for (RecordComponent component : record.getRecordComponents()) {
            String key = prefix + component.getName();
            Class<?> entries = mapEntries(component.getGenericType());
            if (entries != null) {
                collect(entries, key + ".*.", leaves);
            } else if (component.getType().isRecord()) {
                collect(component.getType(), key + ".", leaves);
            } else {
                leaves.put(key, component.getGenericType());
            }
        }
    }

    /** The record that a map from names to records holds, or null if {@code type} is no such map. */
    static Class<?> mapEntries(Type type) {
        return type instanceof ParameterizedType generic && generic.getRawType() == Map.class
                ? (Class<?>) generic.getActualTypeArguments()[1]
                : null;
    }

    /** The key or head under {@code record} that is written most like {@code unknown}. */
    static String nearest(Class<?> record, String unknown) {
        List<String> known = new ArrayList<>();
        String[] given = unknown.split("\\.");
        for (String leaf : leaves(record).keySet()) {
            String key = given.length > 1 ? leaf.replace("*", given[1]) : leaf.replace("*", "NAME");
            known.add(key);
            for (int dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
                known.add(key.substring(0, dot));
            }
        }
        return known.stream()
                .min(Comparator.comparingDouble(key -> distance(unknown, key)))
                .orElseThrow();
    }

    /** Somebody who leaves out the head, or takes another one, is a small step away; a slip in each letter is a whole one. */
    private static double distance(String given, String key) {
        double lastWords = 0.5 + EditDistance.between(lastWord(given), lastWord(key));
        return Math.min(
                EditDistance.between(given, key),
                given.contains(".") == key.contains(".") ? lastWords + 0.5 : lastWords);
    }

    private static String lastWord(String key) {
        return key.substring(key.lastIndexOf('.') + 1);
    }
}
