package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.SigmaSchedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchedulerConfigTest {

    private static final Path FLUX = GoldenReport.folder("models", "flux");

    /** Tolerances as PROVENANCE.md beside the file has them. */
    @Test
    void everyScheduleIsDiffusers() throws IOException {
        DynamicShift dynamic = SchedulerConfig.of(ModelFolder.open(FLUX)).dynamicShift();
        JsonNode schedules = new ObjectMapper()
                .readTree(FLUX.resolve("cases").resolve("schedules.json").toFile())
                .path("schedules");
        assertTrue(schedules.size() > 0, "no schedules");
        for (JsonNode node : schedules) {
            boolean shifts = node.path("use_dynamic_shifting").asBoolean();
            int steps = node.path("steps").asInt();
            SigmaSchedule schedule = new SchedulerConfig(node.path("shift").asDouble(), shifts, dynamic)
                    .schedule(
                            node.path("explicit_linspace_sigmas").asBoolean()
                                    ? SchedulerConfig.Levels.EVEN
                                    : SchedulerConfig.Levels.BY_NUMBER,
                            steps,
                            node.path("image_seq_len").asInt());
            double[] timesteps = new double[steps];
            for (int i = 0; i < steps; i++) {
                timesteps[i] = 1000 * schedule.sigma(i);
            }
            assertArrayEquals(doubles(node.path("sigmas")), schedule.sigmas(), 1e-6, node::toString);
            assertArrayEquals(doubles(node.path("timesteps")), timesteps, 1e-3, node::toString);
        }
        System.out.printf("goldens SchedulerConfig: %d schedules%n", schedules.size());
    }

    private static double[] doubles(JsonNode array) {
        double[] values = new double[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asDouble();
        }
        return values;
    }

    @Test
    void fieldsThatNothingKnowsAreNamed(@TempDir Path folder) throws IOException {
        assertEquals(List.of(), SchedulerConfig.unknownFields(ModelFolder.open(FLUX)));
        ModelFolder.writeJson(
                folder,
                "scheduler",
                "scheduler_config.json",
                SchedulerConfig.shifted(3).json().put("power_of_sigmas", 2).put("_diffusers_version", "1"));
        ModelFolder.writeIndex(
                folder,
                "FluxPipeline",
                Map.of("scheduler", new ModelFolder.PartClass("diffusers", "FlowMatchEulerDiscreteScheduler")));
        assertEquals(List.of("power_of_sigmas"), SchedulerConfig.unknownFields(ModelFolder.open(folder)));
    }

    @Test
    void aShiftThatFitsNoLineIsRefused() {
        ObjectNode json =
                SchedulerConfig.shifted(3).json().put("base_image_seq_len", 9).put("max_image_seq_len", 9);
        String message = assertThrows(IOException.class, () -> SchedulerConfig.of(json, "folder"))
                .getMessage();
        assertTrue(
                message.startsWith("folder: its scheduler: dynamic shift: expected two different token counts"),
                message);
    }

    @Test
    void valuesOfAnotherKindAreRefused() {
        Map<String, Object> faults =
                Map.of("shift", "three", "use_dynamic_shifting", "yes", "max_shift", true, "base_image_seq_len", 2.5);
        faults.forEach((field, value) -> {
            ObjectNode json = SchedulerConfig.shifted(3).json();
            json.putPOJO(field, value);
            ObjectNode read = assertDoesNotThrow(() -> (ObjectNode) new ObjectMapper().readTree(json.toString()));
            String message = assertThrows(IOException.class, () -> SchedulerConfig.of(read, "folder"))
                    .getMessage();
            assertTrue(message.startsWith("folder: its scheduler: " + field + " in the configuration"), message);
        });
        ObjectNode backwards = SchedulerConfig.shifted(3).json().put("shift", -3);
        assertThrows(IOException.class, () -> SchedulerConfig.of(backwards, "folder"));
    }

    @Test
    void whatChangesLevelsInAnotherWayIsRefused() {
        ObjectNode json = SchedulerConfig.shifted(3).json();
        json.put("use_karras_sigmas", true).put("time_shift_type", "linear").put("shift_terminal", 0.02);
        String message = assertThrows(IOException.class, () -> SchedulerConfig.of(json, "folder"))
                .getMessage();
        for (String field : new String[] {"use_karras_sigmas", "time_shift_type", "shift_terminal"}) {
            assertTrue(message.contains(field), message);
        }
    }
}
