package mixgrpo.tools.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.SigmaSchedule;

/**
 * The noise levels that a model was made for, as {@code scheduler_config.json} of class FlowMatchEulerDiscreteScheduler has them.
 *
 * @param shift of the schedule where it does not depend on the picture's size
 * @param dynamic how it follows from the number of image tokens, where it does
 */
public record SchedulerConfig(double shift, Optional<DynamicShift> dynamic) {

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

    /** Levels evenly spaced before a shift that is the same for all pictures. */
    public static SchedulerConfig shifted(double shift) {
        return new SchedulerConfig(shift, Optional.empty());
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
        Optional<DynamicShift> dynamic = json.path("use_dynamic_shifting").asBoolean(false)
                ? Optional.of(new DynamicShift(
                        json.path("base_shift").asDouble(DynamicShift.FLUX.baseShift()),
                        json.path("max_shift").asDouble(DynamicShift.FLUX.maxShift()),
                        json.path("base_image_seq_len").asInt(DynamicShift.FLUX.baseTokens()),
                        json.path("max_image_seq_len").asInt(DynamicShift.FLUX.maxTokens())))
                : Optional.empty();
        return new SchedulerConfig(json.path("shift").asDouble(1), dynamic);
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
                dynamic.map(shifts -> SigmaSchedule.dynamic(steps, shifts, imageTokens))
                        .orElseGet(() -> SigmaSchedule.shifted(steps, shift));
            case BY_NUMBER ->
                dynamic.map(shifts -> SigmaSchedule.sd3Pipeline(steps, shifts, imageTokens))
                        .orElseGet(() -> SigmaSchedule.sd3Pipeline(steps, shift));
        };
    }

    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("_class_name", CLASS).put("num_train_timesteps", 1000).put("shift", shift);
        dynamic.ifPresent(shifts -> json.put("base_image_seq_len", shifts.baseTokens())
                .put("base_shift", shifts.baseShift())
                .put("max_image_seq_len", shifts.maxTokens())
                .put("max_shift", shifts.maxShift()));
        return json.put("use_dynamic_shifting", dynamic.isPresent());
    }

    /** Writes it into a new model folder and says what the index must name it. */
    ModelFolder.PartClass write(Path folder) throws IOException {
        ModelFolder.writeJson(folder, PART, FILE, json());
        return PART_CLASS;
    }
}
