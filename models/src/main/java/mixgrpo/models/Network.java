package mixgrpo.models;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A whole network: what goes in, the stages in order, and which values of the last carry come out. The first carry holds the
 * inputs under their names.
 *
 * @param tables shapes of what a checkpoint holds beside the parameters, by key: constants that inputs are made of, and that no
 *     stage uses and nobody trains
 */
public record Network(
        String name, List<Input> inputs, List<NamedStage> stages, List<String> outputs, Map<String, long[]> tables) {

    public Network {
        inputs = List.copyOf(inputs);
        stages = List.copyOf(stages);
        outputs = List.copyOf(outputs);
        tables = Collections.unmodifiableMap(new LinkedHashMap<>(tables));
    }

    /** Without tables. */
    public Network(String name, List<Input> inputs, List<NamedStage> stages, List<String> outputs) {
        this(name, inputs, stages, outputs, Map.of());
    }

    /**
     * An input: its name and its axes, each a number ("24") or a symbol ("batch") that may take any extent. Symbols of the same
     * name have the same extent. {@code ids} are whole numbers, everything else float32.
     */
    public record Input(String name, boolean ids, List<String> axes) {

        public Input {
            axes = List.copyOf(axes);
        }

        public static Input floats(String name, String... axes) {
            return new Input(name, false, List.of(axes));
        }

        public static Input ids(String name, String... axes) {
            return new Input(name, true, List.of(axes));
        }
    }
}
