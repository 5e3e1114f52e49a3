package mixgrpo.models;

import java.util.List;

/**
 * A whole network: what goes in, the stages in order, and which values of the last carry come out. The first carry holds the
 * inputs under their names.
 */
public record Network(String name, List<Input> inputs, List<NamedStage> stages, List<String> outputs) {

    public Network {
        inputs = List.copyOf(inputs);
        stages = List.copyOf(stages);
        outputs = List.copyOf(outputs);
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
