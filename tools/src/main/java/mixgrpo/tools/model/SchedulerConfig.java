package mixgrpo.tools.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import mixgrpo.models.weights.ConfigFields;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.SigmaSchedule;

/**
 * The noise levels that a model was made for, as {@code scheduler_config.json} of class FlowMatchEulerDiscreteScheduler has them.
 *
 * @param shift of the schedule where it does not depend on the picture's size
 * @param dynamic whether it does
 * @param dynamicShift how it follows, or would follow, from the number of image tokens
 */
public record SchedulerConfig(double shift, boolean dynamic, DynamicShift dynamicShift) {

    private static final String PART = "scheduler";
    private static final String FILE = "scheduler_config.json";
    private static final String CLASS = "FlowMatchEulerDiscreteScheduler";
    private static final ModelFolder.PartClass PART_CLASS = new ModelFolder.PartClass("diffusers", CLASS);

    /** Fields that change the levels in ways that are not here, with the value of each that changes nothing. */
    private static final Map<String, String> UNSUPPORTED = new TreeMap<>(Map.of(
            "num_train_timesteps", "1000",
            "invert_sigmas", "false",
            "stochastic_sampling", "false",
            "use_karras_sigmas", "false",
            "use_exponential_sigmas", "false",
            "use_beta_sigmas", "false",
            "time_shift_type", "exponential",
            "shift_terminal", "null"));

    private static final String SHIFT = "shift";
    private static final String DYNAMIC = "use_dynamic_shifting";
    private static final String BASE_SHIFT = "base_shift";
    private static final String MAX_SHIFT = "max_shift";
    private static final String BASE_TOKENS = "base_image_seq_len";
    private static final String MAX_TOKENS = "max_image_seq_len";
    private static final Set<String> KNOWN = known();

    private static Set<String> known() {
        Set<String> known = new TreeSet<>(UNSUPPORTED.keySet());
        known.addAll(List.of(SHIFT, DYNAMIC, BASE_SHIFT, MAX_SHIFT, BASE_TOKENS, MAX_TOKENS));
        return known;
    }

    /** Levels evenly spaced before a shift that is the same for all pictures. */
    public static SchedulerConfig shifted(double shift) {
        return new SchedulerConfig(shift, false, DynamicShift.FLUX);
    }

    /**
     * The scheduler of a model folder; shift 1, diffusers' default, if it has none.
     *
     * @throws IOException if it is of another class, or cannot be read
     */
    public static SchedulerConfig of(ModelFolder folder) throws IOException {
        ModelFolder.PartClass part = folder.parts().get(PART);
        if (part == null) {
            return shifted(1);
        }
        if (!part.name().equals(CLASS)) {
            throw new IOException(
                    "%s: its scheduler is a %s; supported is %s".formatted(folder.path(), part.name(), CLASS));
        }
        return of(folder.json(PART, FILE), folder.path().toString());
    }

    /** Where a model folder keeps it. */
    static Path file(ModelFolder folder) {
        return folder.path().resolve(PART).resolve(FILE);
    }

    /**
     * Fields of a model folder's that nothing here knows; none if it has no scheduler.
     *
     * @throws IOException if it cannot be read
     */
    static List<String> unknownFields(ModelFolder folder) throws IOException {
        return folder.parts().containsKey(PART)
                ? new ConfigFields(folder.json(PART, FILE), CLASS).unknown(KNOWN)
                : List.of();
    }

    /** @param source of the file, for messages */
    static SchedulerConfig of(JsonNode json, String source) throws IOException {
        List<String> problems = new ArrayList<>();
        UNSUPPORTED.forEach((field, usual) -> {
            JsonNode value = json.path(field);
            if (!value.isMissingNode() && !value.isNull() && !value.asText().equals(usual)) {
                problems.add("%s %s".formatted(field, value));
            }
        });
        if (!problems.isEmpty()) {
            throw new IOException("%s: its scheduler asks for %s, which is not supported; expected %s"
                    .formatted(source, String.join(", ", problems), UNSUPPORTED));
        }
        try {
            ConfigFields fields = new ConfigFields(json, CLASS);
            double shift = fields.real(SHIFT, 1);
            if (!(shift > 0)) {
                throw fields.wrong(SHIFT, "a number above 0", shift);
            }
            return new SchedulerConfig(shift, fields.flag(DYNAMIC, false), dynamicShift(fields));
        } catch (IllegalArgumentException e) {
            throw new IOException("%s: its scheduler: %s".formatted(source, e.getMessage()), e);
        }
    }

    private static DynamicShift dynamicShift(ConfigFields fields) {
        return new DynamicShift(
                fields.real(BASE_SHIFT, DynamicShift.FLUX.baseShift()),
                fields.real(MAX_SHIFT, DynamicShift.FLUX.maxShift()),
                fields.positive(BASE_TOKENS, DynamicShift.FLUX.baseTokens()),
                fields.positive(MAX_TOKENS, DynamicShift.FLUX.maxTokens()));
    }

    /** How a pipeline asks for levels before they are shifted. */
    public enum Levels {
        /** Evenly from 1 to 1/n, as FLUX's pipeline gives them itself. */
        EVEN,
        /** By their number, as SD3's pipeline does ({@code set_timesteps(n)}): evenly down to the last level of training. */
        BY_NUMBER
    }

    /** The levels of a trajectory for a picture of so many tokens. */
    public SigmaSchedule schedule(Levels levels, int steps, int imageTokens) {
        return switch (levels) {
            case EVEN ->
                dynamic ? SigmaSchedule.dynamic(steps, dynamicShift, imageTokens) : SigmaSchedule.shifted(steps, shift);
            case BY_NUMBER ->
                dynamic
                        ? SigmaSchedule.sd3Pipeline(steps, dynamicShift, imageTokens)
                        : SigmaSchedule.sd3Pipeline(steps, shift);
        };
    }

    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("_class_name", CLASS).put("num_train_timesteps", 1000).put(SHIFT, shift);
        if (dynamic || !dynamicShift.equals(DynamicShift.FLUX)) {
            json.put(BASE_TOKENS, dynamicShift.baseTokens())
                    .put(BASE_SHIFT, dynamicShift.baseShift())
                    .put(MAX_TOKENS, dynamicShift.maxTokens())
                    .put(MAX_SHIFT, dynamicShift.maxShift());
        }
        return json.put(DYNAMIC, dynamic);
    }

    /** Writes it into a new model folder and says what the index must name it. */
    ModelFolder.PartClass write(Path folder) throws IOException {
        ModelFolder.writeJson(folder, PART, FILE, json());
        return PART_CLASS;
    }
}
