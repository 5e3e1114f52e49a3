package mixgrpo.tools.sample;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One picture and all that is needed to make it again.
 *
 * @param file name of the picture in its folder
 * @param seed of its noise, which depends on nothing else
 */
public record Sample(String file, String prompt, long seed, Settings settings) {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    /**
     * What the pictures of one call have in common.
     *
     * @param model as it was given on the command line
     * @param name of it
     * @param weights which of its weights, in words
     * @param shift of the noise levels, for the picture's size; 1 where they are a list
     * @param version of the program
     */
    public record Settings(
            String model,
            String name,
            String weights,
            int steps,
            double shift,
            int width,
            int height,
            String version) {}

    private static final String SOLVER = "euler";

    /** All of it, with the command that makes the picture again. */
    public ObjectNode json() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("file", file)
                .put("prompt", prompt)
                .put("seed", seed)
                .put("model", settings.name())
                .put("weights", settings.weights())
                .put("steps", settings.steps())
                .put("solver", SOLVER)
                .put("shift", settings.shift())
                .put("width", settings.width())
                .put("height", settings.height())
                .put("version", settings.version())
                .put("command", command());
    }

    private String command() {
        return "tools/sample --model %s --prompt %s --steps %d --seed %d --count 1"
                .formatted(quoted(settings.model()), quoted(prompt), settings.steps(), seed);
    }

    /** A word of a shell's command line. */
    private static String quoted(String word) {
        return word.matches("[\\w./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** The texts that the picture carries: {@code parameters} as AUTOMATIC1111's web UI reads it, and {@code mixgrpo}, our JSON. */
    public Map<String, String> texts() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(
                "parameters",
                "%s\nSteps: %d, Sampler: Euler, Shift: %s, CFG scale: 1.0, Seed: %d, Size: %dx%d, Model: %s, Version: mixgrpo %s"
                        .formatted(
                                prompt,
                                settings.steps(),
                                settings.shift(),
                                seed,
                                settings.width(),
                                settings.height(),
                                settings.name().matches("[^,:\"\\n]*") ? settings.name() : json(settings.name()),
                                settings.version()));
        texts.put("mixgrpo", json(json()));
        return texts;
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of texts and numbers has no JSON", e);
        }
    }
}
