package mixgrpo.tools.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.ModelFolder;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.SigmaSchedule;
import org.junit.jupiter.api.Test;

class SchedulerConfigTest {

    private static final Path FLUX = GoldenReport.folder("models", "flux");

    /** Tolerances as PROVENANCE.md beside the file has them. */
    @Test
    void everyScheduleIsDiffusers() throws IOException {
        Optional<DynamicShift> dynamic =
                SchedulerConfig.of(ModelFolder.open(FLUX)).dynamic();
        JsonNode schedules = new ObjectMapper()
                .readTree(FLUX.resolve("cases").resolve("schedules.json").toFile())
                .path("schedules");
        assertTrue(schedules.size() > 0, "no schedules");
        for (JsonNode node : schedules) {
            boolean shifts = node.path("use_dynamic_shifting").asBoolean();
            int steps = node.path("steps").asInt();
            SigmaSchedule schedule = new SchedulerConfig(
                            node.path("shift").asDouble(), shifts ? dynamic : Optional.empty())
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
