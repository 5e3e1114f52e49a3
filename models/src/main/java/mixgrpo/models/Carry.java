package mixgrpo.models;

import java.util.LinkedHashMap;
import java.util.Map;

/** The named values that flow from one stage to the next, in a fixed order. Immutable. */
public record Carry(Map<String, Tensor> values) {

    public Carry {
        values = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** @throws IllegalStateException if no stage before made it */
    public Tensor get(String name) {
        Tensor value = values.get(name);
        if (value == null) {
            throw new IllegalStateException(
                    "value '%s' is not carried here; there are %s".formatted(name, values.keySet()));
        }
        return value;
    }

    /** This carry with {@code name} added or replaced. */
    public Carry with(String name, Tensor value) {
        Map<String, Tensor> changed = new LinkedHashMap<>(values);
        changed.put(name, value);
        return new Carry(changed);
    }

    /** This carry without {@code names}: what no later stage needs is dropped, so that it is not kept for recomputation. */
    public Carry without(String... names) {
        Map<String, Tensor> changed = new LinkedHashMap<>(values);
        for (String name : names) {
            changed.remove(name);
        }
        return new Carry(changed);
    }
}
