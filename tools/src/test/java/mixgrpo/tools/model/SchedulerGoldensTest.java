package mixgrpo.tools.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import mixgrpo.models.Array;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.SigmaSchedule;
import org.junit.jupiter.api.Test;

/** Noise levels of both pipelines' schedulers, with every kind of shift. */
class SchedulerGoldensTest {

    /** Of sigmas; PROVENANCE.md beside the file has both tolerances. */
    private static final double SIGMA_TOLERANCE = 1e-6;

    private static final double TIMESTEP_TOLERANCE = 1e-3;

    @Test
    void everyScheduleIsDiffusers() throws IOException {
        JsonNode schedules = new ObjectMapper()
                .readTree(GoldenReport.folder("models", "flux", "cases", "schedules.json")
                        .toFile())
                .path("schedules");
        DynamicShift dynamic = dynamic(schedules);
        GoldenReport report = new GoldenReport("Scheduler");
        for (JsonNode node : schedules) {
            boolean shifts = node.path("use_dynamic_shifting").asBoolean();
            boolean even = node.path("explicit_linspace_sigmas").asBoolean();
            int steps = node.path("steps").asInt();
            int tokens = node.path("image_seq_len").asInt();
            double shift = node.path("shift").asDouble();
            SigmaSchedule schedule = new SchedulerConfig(shift, shifts, dynamic)
                    .schedule(even ? SchedulerConfig.Levels.EVEN : SchedulerConfig.Levels.BY_NUMBER, steps, tokens);
            String title = "%d steps, %s, %s"
                    .formatted(
                            steps,
                            shifts ? "dynamic shift of %d tokens".formatted(tokens) : "shift " + shift,
                            even ? "even levels" : "levels by number");
            compare(report, title + ", sigmas", node.path("sigmas"), steps + 1, schedule::sigma, SIGMA_TOLERANCE);
            compare(
                    report,
                    title + ", timesteps",
                    node.path("timesteps"),
                    steps,
                    i -> 1000 * schedule.sigma(i),
                    TIMESTEP_TOLERANCE);
        }
        report.print();
    }

    /** The line through mu of the fewest and of the most tokens: the file's schedules have their own, whatever the folder's is. */
    private static DynamicShift dynamic(JsonNode schedules) {
        TreeMap<Integer, Double> mu = new TreeMap<>();
        for (JsonNode node : schedules) {
            if (node.path("use_dynamic_shifting").asBoolean()) {
                mu.put(node.path("image_seq_len").asInt(), node.path("mu").asDouble());
            }
        }
        return mu.size() < 2
                ? DynamicShift.FLUX
                : new DynamicShift(mu.firstEntry().getValue(), mu.lastEntry().getValue(), mu.firstKey(), mu.lastKey());
    }

    private static void compare(
            GoldenReport report,
            String title,
            JsonNode expected,
            int count,
            IntToDoubleFunction actual,
            double tolerance) {
        report.compare(title, array(expected.size(), i -> expected.get(i).asDouble()), array(count, actual), tolerance);
    }

    private static Array array(int count, IntToDoubleFunction value) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) value.applyAsDouble(i);
        }
        return Array.of(values, count);
    }
}
