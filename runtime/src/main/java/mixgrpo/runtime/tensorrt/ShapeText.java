package mixgrpo.runtime.tensorrt;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Shapes of inputs as trtexec writes them: {@code hidden_states:1x64x16,timestep:1}. */
public final class ShapeText {

    private ShapeText() {}

    /**
     * Shapes by the inputs' names.
     *
     * @param option that they were given by, for messages
     * @throws IllegalArgumentException if the text has another form, an extent is not 1 or more, or a name comes twice
     */
    public static Map<String, List<Long>> parse(String option, String text) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        for (String part : text.split(",", -1)) {
            int colon = part.lastIndexOf(':');
            if (colon < 1) {
                throw wrong(option, part);
            }
            String name = part.substring(0, colon);
            if (shapes.put(name, shape(option, part, part.substring(colon + 1))) != null) {
                throw new IllegalArgumentException("%s: input '%s' has two shapes".formatted(option, name));
            }
        }
        return shapes;
    }

    private static List<Long> shape(String option, String part, String text) {
        List<Long> shape = new ArrayList<>();
        for (String extent : text.split("x", -1)) {
            if (!extent.matches("[1-9][0-9]{0,8}")) {
                throw wrong(option, part);
            }
            shape.add(Long.valueOf(extent));
        }
        return List.copyOf(shape);
    }

    private static IllegalArgumentException wrong(String option, String part) {
        return new IllegalArgumentException(
                "%s: expected input:extents, hidden_states:1x64x16 for one, several separated by commas; got '%s'"
                        .formatted(option, part));
    }

    /** What {@link #parse} reads. */
    public static String of(Map<String, List<Long>> shapes) {
        return shapes.entrySet().stream()
                .map(entry -> "%s:%s"
                        .formatted(
                                entry.getKey(),
                                entry.getValue().stream().map(String::valueOf).collect(Collectors.joining("x"))))
                .collect(Collectors.joining(","));
    }
}
