package mixgrpo.solvers;

import static mixgrpo.solvers.Goldens.has;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import mixgrpo.solvers.window.OfficialWindows;
import mixgrpo.solvers.window.Pace;
import mixgrpo.solvers.window.Window;
import mixgrpo.solvers.window.WindowEnd;
import mixgrpo.solvers.window.WindowRange;
import mixgrpo.solvers.window.WindowSchedule;
import org.junit.jupiter.api.Test;

class WindowGoldensTest {

    @Test
    void tracesAgree() throws IOException {
        Goldens goldens = new Goldens("Window", "window.json");
        for (JsonNode node : goldens.cases("official")) {
            WindowSchedule windows = official(node);
            segments(goldens, node, windows);
            if (has(node, "startsSeen")) {
                Set<Integer> starts = new TreeSet<>();
                Set<Integer> sizes = new TreeSet<>();
                for (int i = 0; i < node.get("totalIterations").asInt(); i++) {
                    starts.add(windows.at(i).start());
                    sizes.add(windows.at(i).size());
                }
                goldens.same(
                        "starts seen",
                        node.get("startsSeen").toString(),
                        starts.toString().replace(" ", ""));
                goldens.same(
                        "sizes seen",
                        node.get("windowSizesSeen").toString(),
                        sizes.toString().replace(" ", ""));
            }
        }
        for (JsonNode node : goldens.cases("clean")) {
            WindowSchedule windows = WindowSchedule.progressive(
                    WindowRange.of(
                            node.get("steps").asInt(), node.get("windowSize").asInt()),
                    node.get("stride").asInt(),
                    node.get("shiftInterval").asInt(),
                    WindowEnd.valueOf(node.get("endPolicy").asText().toUpperCase()));
            segments(goldens, node, windows);
            int stops =
                    has(node, "stopsAtIteration") ? node.get("stopsAtIteration").asInt() : -1;
            goldens.same("stops at", stops, windows.stopsAt().orElse(-1));
        }
        goldens.report();
    }

    private static void segments(Goldens goldens, JsonNode node, WindowSchedule windows) {
        for (JsonNode segment : node.get("segments")) {
            int first = segment.get("firstIteration").asInt();
            JsonNode indices = segment.get("indices");
            int start = segment.get("start").asInt();
            Window expected = new Window(start, start + indices.size());
            for (int i = 0; i < indices.size(); i++) {
                goldens.same(
                        "index " + i + " from iteration " + first,
                        start + i,
                        indices.get(i).asInt());
            }
            for (int i = first; i < first + segment.get("iterations").asInt(); i++) {
                goldens.same("iteration " + i, expected, windows.at(i));
            }
        }
    }

    /** Absent parameters are the published code's defaults. */
    private static WindowSchedule official(JsonNode node) {
        JsonNode params = node.get("params");
        int steps = node.get("steps").asInt();
        int size = node.get("windowSize").asInt();
        int tau = params.path("iters_per_group").asInt();
        int stride = params.path("prog_overlap").asBoolean()
                ? params.path("prog_overlap_step").asInt()
                : size;
        int limit = node.get("maxTimesteps").asInt();
        Pace pace;
        switch (params.get("sample_strategy").asText()) {
            case "random":
                return OfficialWindows.random(steps, size, 1);
            case "progressive":
                pace = new Pace.Constant(tau);
                break;
            case "decay":
                int max = params.path("max_iters_per_group").asInt(tau);
                pace = new Pace.Linear(
                        max, Math.max(1, params.path("min_iters_per_group").asInt(tau / 4)), 0, limit);
                break;
            case "exp_decay":
                double rate = params.path("exp_decay_k").asDouble(.1);
                pace = new Pace.Exponential(
                        tau, rate, params.path("exp_decay_thre_timestep").asInt(13));
                break;
            default:
                throw new IllegalArgumentException(params.toString());
        }
        return OfficialWindows.sliding(
                steps, size, stride, pace, params.path("roll_back").asBoolean());
    }
}
