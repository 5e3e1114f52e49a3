package mixgrpo.solvers;

import static mixgrpo.solvers.Goldens.has;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.Post;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.window.Window;
import org.junit.jupiter.api.Test;

class FlashGoldensTest {

    @Test
    void compressedSchedulesAgree() throws IOException {
        Goldens goldens = new Goldens("Flash", "flash.json");
        for (JsonNode node : goldens.cases("cases")) {
            SigmaSchedule schedule = SigmaSchedule.shifted(
                    node.get("steps").asInt(), node.get("shift").asDouble());
            int start = node.get("windowStart").asInt();
            int end = has(node, "windowEnd") ? node.get("windowEnd").asInt() + 1 : start;
            Window window = new Window(start, end);
            double ratio = node.get("ratio").asDouble();
            Planner official =
                    planner(schedule, ratio, Post.Count.OFFICIAL_POINTS).with(ModelTime.OFFICIAL_FLOOR);
            if (has(node, "officialError")) {
                assertThrows(IllegalArgumentException.class, () -> official.plan(window));
                continue;
            }
            Plan shipped = official.plan(window);
            goldens.close("official sigmas", node.get("officialFormulaF64"), sigmas(shipped), 1e-12);
            goldens.same(
                    "official nfe",
                    node.get("officialNfe").asInt(),
                    shipped.steps().size());
            goldens.same(
                    "official post points",
                    node.get("officialPostPoints").asInt(),
                    shipped.steps().size() - end + 1);
            double[] reached = sigmas(shipped);
            goldens.same("reaches 0", node.get("officialReachesZero").asBoolean(), reached[reached.length - 1] == 0);
            for (int i = 0; i < shipped.steps().size(); i++) {
                float product = (float) node.get("officialSigmas").get(i).asDouble() * 1000f;
                goldens.same(
                        "floored time " + i,
                        (int) product / 1000.0,
                        shipped.steps().get(i).modelSigma());
            }
            Plan corrected = planner(schedule, ratio, Post.Count.STEPS).plan(window);
            goldens.close("corrected sigmas", node.get("correctedSigmas"), sigmas(corrected), 1e-12);
            goldens.same(
                    "corrected nfe",
                    node.get("correctedNfe").asInt(),
                    corrected.steps().size());
            goldens.same(
                    "corrected steps",
                    node.get("correctedPostSteps").asInt(),
                    corrected.steps().size() - end);
        }
        goldens.report();
    }

    private static Planner planner(SigmaSchedule schedule, double ratio, Post.Count count) {
        return Planner.of(schedule, Kernel.flow(.7))
                .with(new Post(DpmSolver.plusPlus(2), ratio, Post.History.CARRY, count));
    }

    private static double[] sigmas(Plan plan) {
        double[] sigmas = new double[plan.steps().size() + 1];
        for (int i = 0; i < plan.steps().size(); i++) {
            Step step = plan.steps().get(i);
            sigmas[i] = step.sigma();
            sigmas[i + 1] = step.sigmaNext();
        }
        return sigmas;
    }
}
