package mixgrpo.runtime.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which weights an engine exchanges, and in which parts: the network's own only as a whole, those that it is fed one by one.
 *
 * @param engine its name, for messages
 * @param fixed shapes of the network's own weights by key
 * @param fed shapes of the others, low-rank adapters for one
 */
public record ExchangeableWeights(String engine, Map<String, long[]> fixed, Map<String, long[]> fed) {

    /**
     * What an engine is loaded with: at least all of them.
     *
     * @param given shapes by key; others may be among them
     * @throws IllegalArgumentException if some are missing or have another shape; names all of them
     */
    public void checkAll(Map<String, long[]> given) {
        Map<String, long[]> expected = new LinkedHashMap<>(fixed);
        expected.putAll(fed);
        check(expected, given, List.of());
    }

    /**
     * What an engine is to exchange.
     *
     * @param given shapes by key
     * @return whether the network's own weights are among them, all of them
     * @throws IllegalArgumentException if keys are not the engine's, have another shape, or are a part of the network's own; names all of them
     */
    public boolean check(Map<String, long[]> given) {
        boolean whole = given.keySet().stream().anyMatch(fixed::containsKey);
        Map<String, long[]> expected = new LinkedHashMap<>(whole ? fixed : Map.of());
        fed.forEach((key, shape) -> {
            if (given.containsKey(key)) {
                expected.put(key, shape);
            }
        });
        List<String> unknown = given.keySet().stream()
                .filter(key -> !expected.containsKey(key))
                .map("'%s': the engine has no such weight"::formatted)
                .toList();
        check(expected, given, unknown);
        return whole;
    }

    private void check(Map<String, long[]> expected, Map<String, long[]> got, List<String> unknown) {
        List<String> problems = new ArrayList<>(unknown);
        expected.forEach((key, shape) -> {
            if (!got.containsKey(key)) {
                problems.add("'%s': expected shape %s, missing".formatted(key, Arrays.toString(shape)));
            } else if (!Arrays.equals(shape, got.get(key))) {
                problems.add("'%s': expected shape %s, got %s"
                        .formatted(key, Arrays.toString(shape), Arrays.toString(got.get(key))));
            }
        });
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("engine '%s': %d weights do not fit; are they of another model?\n  %s"
                    .formatted(engine, problems.size(), String.join("\n  ", problems)));
        }
    }
}
