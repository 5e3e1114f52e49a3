package mixgrpo.solvers;

import static mixgrpo.solvers.Goldens.doubles;
import static mixgrpo.solvers.Goldens.floats;
import static mixgrpo.solvers.Goldens.has;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.PlanExecutor;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.DpmSolver.Version;
import mixgrpo.solvers.step.LogProbLaw;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.step.StepCoefficients;
import org.junit.jupiter.api.Test;

class DpmGoldensTest {

    private static final double FLOAT32 = 2e-5;
    private static final double FLOAT64 = 1e-11;

    @Test
    void multistepSolversAgree() throws IOException {
        Goldens goldens = new Goldens("Dpm", "dpm.json");
        for (JsonNode node : goldens.cases("cases")) {
            singleStep(goldens, node);
        }
        for (JsonNode node : goldens.cases("trajectories")) {
            SigmaSchedule schedule = SigmaSchedule.shifted(
                    node.get("steps").asInt(), node.get("shift").asDouble());
            trajectory(goldens, node, schedule, Version.AS_SHIPPED, node.get("expectedF64"));
            trajectory(goldens, node, schedule, Version.CORRECTED, corrected(node));
        }
        for (JsonNode node : goldens.cases("diffusers")) {
            SigmaSchedule schedule = SigmaSchedule.of(doubles(node.get("sigmas")));
            trajectory(goldens, node, schedule, Version.AS_SHIPPED, node.get("expectedF64"));
            trajectory(goldens, node, schedule, Version.CORRECTED, corrected(node));
        }
        goldens.report();
    }

    /** Where nothing is defective the corrected version gives what was shipped. */
    private static JsonNode corrected(JsonNode node) {
        return has(node, "correctedF64") ? node.get("correctedF64") : node.get("expectedF64");
    }

    private static DpmSolver solver(JsonNode node, Prediction prediction, Version version) {
        return new DpmSolver(
                prediction,
                node.get("order").asInt(),
                DpmSolver.Rule.valueOf(node.get("solverType").asText().toUpperCase()),
                version);
    }

    private static void singleStep(Goldens goldens, JsonNode node) {
        boolean noise = node.get("algorithm").asText().equals("dpmsolver");
        Prediction prediction = noise ? Prediction.NOISE : Prediction.DATA;
        DpmSolver shipped = solver(node, prediction, Version.AS_SHIPPED);
        int order = node.get("orderUsed").asInt();
        int known = node.get("lowerOrderNums").asInt();
        goldens.same(
                "order",
                order,
                shipped.orderAt(
                        known, node.get("index").asInt(), node.get("steps").asInt()));
        step(goldens, "shipped", node, shipped, order, node.get("expectedF64"), node.get("historyX0"));
        DpmSolver corrected = solver(node, prediction, Version.CORRECTED);
        if (!noise) {
            step(goldens, "corrected", node, corrected, order, corrected(node), node.get("historyX0"));
        } else if (has(node, "correctedF64")) {
            step(goldens, "corrected", node, corrected, order, node.get("correctedF64"), node.get("historyEps"));
        }
    }

    private static void step(
            Goldens goldens,
            String what,
            JsonNode node,
            DpmSolver solver,
            int order,
            JsonNode expected,
            JsonNode estimates) {
        boolean sde = node.get("sde").asBoolean();
        double[] sigmas = doubles(node.get("sigmas"));
        StepCoefficients step;
        try {
            step = DoubleSteps.step(solver, sde, sigmas, sigmas.length - 2, order);
        } catch (IllegalArgumentException refused) {
            goldens.same(what + " refused", false, has(expected, "next"));
            return;
        }
        goldens.same(what + " has a value", true, has(expected, "next"));
        List<double[]> history = new ArrayList<>();
        estimates.forEach(estimate -> history.add(doubles(estimate)));
        double[] mean = DoubleSteps.mean(step, doubles(node.get("x")), doubles(node.get("velocity")), history);
        double[] next = sde ? DoubleSteps.noisy(mean, step.noiseStd(), doubles(node.get("noise"))) : mean;
        goldens.close(what + " next", expected.get("next"), next, FLOAT64);
        if (sde) {
            goldens.close(what + " mean", expected.get("mean"), mean, FLOAT64);
            goldens.close(what + " std", expected.get("std").asDouble(), step.noiseStd(), FLOAT64);
        }
        if (has(expected, "logProb")) {
            double logProb = LogProbLaw.gaussian(step.noiseStd()).of(DoubleSteps.meanSquare(next, mean));
            goldens.close(what + " logProb", expected.get("logProb").asDouble(), logProb, FLOAT64);
        }
    }

    private static void trajectory(
            Goldens goldens, JsonNode node, SigmaSchedule schedule, Version version, JsonNode expected) {
        boolean sde = node.get("sde").asBoolean();
        DpmSolver solver = solver(node, Prediction.DATA, version);
        GaussianTarget target = new GaussianTarget(
                doubles(node.get("targetMean")), node.get("targetStd").asDouble());
        double[] sigmas = schedule.sigmas();
        double[] x = doubles(node.get("x"));
        List<double[]> estimates = new ArrayList<>();
        for (int i = 0; i < schedule.steps(); i++) {
            int order = solver.orderAt(i, i, schedule.steps());
            if (has(node, "orderUsed")) {
                goldens.same("order of step " + i, node.get("orderUsed").get(i).asInt(), order);
            }
            StepCoefficients step = DoubleSteps.step(solver, sde, sigmas, i, order);
            double[] velocity = target.velocity(x, sigmas[i]);
            double[] mean = DoubleSteps.mean(step, x, velocity, estimates);
            estimates.add(DoubleSteps.estimate(Prediction.DATA, sigmas[i], x, velocity));
            x = sde
                    ? DoubleSteps.noisy(
                            mean, step.noiseStd(), doubles(node.get("noises").get(i)))
                    : mean;
            goldens.close(
                    version + " latents " + (i + 1), expected.get("latents").get(i + 1), x, FLOAT64);
            if (has(expected, "logProbs") && !expected.get("logProbs").get(i).isNull()) {
                double logProb = LogProbLaw.gaussian(step.noiseStd()).of(DoubleSteps.meanSquare(x, mean));
                goldens.close(
                        version + " logProb " + i,
                        expected.get("logProbs").get(i).asDouble(),
                        logProb,
                        FLOAT64);
            }
        }
        if (!sde) {
            float[] image = PlanExecutor.run(
                            Plan.ode(schedule, solver),
                            new float[][] {floats(node.get("x"))},
                            1,
                            (step, rows) -> new float[][] {target.velocity(rows[0], step.modelSigma())},
                            (step, number, noise) -> {
                                throw new IllegalStateException("an ODE asked for noise");
                            })
                    .rows()[0];
            goldens.close(version + " image", expected.get("latents").get(schedule.steps()), doubles(image), FLOAT32);
        }
    }
}
