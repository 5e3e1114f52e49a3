package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.solvers.schedule.DynamicShift;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchedulerConfigTest {

    private static final Path FLUX = GoldenReport.folder("models", "flux");

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
    void configurationComesBackFromItsJson() throws IOException {
        DynamicShift line = new DynamicShift(.25, 1.5, 100, 900);
        for (SchedulerConfig config : List.of(
                SchedulerConfig.shifted(3),
                new SchedulerConfig(1, true, DynamicShift.FLUX),
                new SchedulerConfig(2, true, line))) {
            assertEquals(config, SchedulerConfig.of(config.json(), "folder"));
        }
    }

    @Test
    void fieldsAreDiffusers() throws IOException {
        String text =
                """
                {"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3.0, "use_dynamic_shifting": true,
                 "base_shift": 0.25, "max_shift": 1.5, "base_image_seq_len": 64, "max_image_seq_len": 6000}
                """;
        assertEquals(
                new SchedulerConfig(3, true, new DynamicShift(.25, 1.5, 64, 6000)),
                SchedulerConfig.of(new ObjectMapper().readTree(text), "folder"));
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
