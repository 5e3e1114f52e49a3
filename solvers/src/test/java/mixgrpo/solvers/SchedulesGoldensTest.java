package mixgrpo.solvers;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.schedule.SigmaSchedule;
import org.junit.jupiter.api.Test;

class SchedulesGoldensTest {

    @Test
    void schedulesAgree() throws IOException {
        Goldens goldens = new Goldens("Schedules", "schedules.json");
        for (JsonNode node : goldens.cases("cases")) {
            SigmaSchedule schedule = SigmaSchedule.shifted(
                    node.get("steps").asInt(), node.get("shift").asDouble());
            goldens.close("sigmas", node.get("sigmas"), schedule.sigmas(), 1e-12);
            for (int i = 0; i < schedule.steps(); i++) {
                double floored = node.get("timestepFloorOfficial").get(i).asInt() / 1000.0;
                goldens.same("floored time " + i, floored, schedule.modelSigma(i, ModelTime.OFFICIAL_FLOOR));
                goldens.same("exact time " + i, schedule.sigma(i), schedule.modelSigma(i, ModelTime.EXACT));
            }
        }
        for (JsonNode node : goldens.cases("dynamic")) {
            int tokens = node.get("imageTokens").asInt();
            goldens.close("mu", node.get("mu").asDouble(), DynamicShift.FLUX.mu(tokens), 1e-12);
            SigmaSchedule schedule = SigmaSchedule.dynamic(node.get("steps").asInt(), DynamicShift.FLUX, tokens);
            goldens.close("sigmas", node.get("sigmas"), schedule.sigmas(), 1e-12);
            timesteps(goldens, node, schedule);
        }
        for (JsonNode node : goldens.cases("sd3")) {
            int steps = node.get("steps").asInt();
            double shift = node.get("shift").asDouble();
            SigmaSchedule schedule =
                    switch (node.get("mode").asText()) {
                        case "numInferenceSteps" -> SigmaSchedule.sd3Pipeline(steps, shift);
                        case "explicitSigmas" -> SigmaSchedule.shifted(steps, shift);
                        default ->
                            throw new IllegalArgumentException(node.get("mode").asText());
                    };
            goldens.close("sigmas", node.get("sigmas"), schedule.sigmas(), 1e-12);
            timesteps(goldens, node, schedule);
        }
        goldens.report();
    }

    /** 1000 sigma as float32 in the file: 2e-5 of sigma is its float32 tolerance. */
    private static void timesteps(Goldens goldens, JsonNode node, SigmaSchedule schedule) {
        for (int i = 0; i < schedule.steps(); i++) {
            double timestep = node.get("timesteps").get(i).asDouble();
            goldens.close("timestep " + i, timestep / 1000, schedule.modelSigma(i, ModelTime.EXACT), 2e-5);
        }
    }
}
