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
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.Post;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.plan.Trajectory;
import mixgrpo.solvers.plan.Transition;
import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.DpmSolver.Version;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.step.Prediction;
import mixgrpo.solvers.window.Window;
import org.junit.jupiter.api.Test;

class TrajectoriesGoldensTest {

    private static final double FLOAT32 = 2e-5;
    private static final double FLOAT64 = 1e-11;

    @Test
    void executorAgrees() throws IOException {
        Goldens goldens = new Goldens("Trajectories", "trajectories.json");
        for (JsonNode node : goldens.cases("cases")) {
            Planner shipped = shipped(node);
            Post post = shipped.post();
            Plan plan = shipped.plan(window(node));
            JsonNode expected = node.get("expectedF64");
            goldens.same("nfe", node.get("nfe").asInt(), plan.steps().size());
            for (int i = 0; i < plan.steps().size(); i++) {
                Step step = plan.steps().get(i);
                goldens.close("sigma " + i, node.get("sigmas").get(i).asDouble(), step.sigma(), 1e-12);
                double told = node.get("velocitySigma").get(i).asDouble();
                goldens.close("model time " + i, told, step.modelSigma(), 1e-12);
            }
            latents(goldens, "latents", node, plan, expected.get("latents"));
            logProbs(goldens, node, plan, expected);
            if (has(node, "correctedLatentsF64")) {
                DpmSolver solver = new DpmSolver(
                        Prediction.DATA, post.solver().order(), post.solver().rule(), Version.CORRECTED);
                Plan corrected = shipped.with(new Post(solver, post.ratio(), post.history(), post.count()))
                        .plan(window(node));
                latents(goldens, "corrected", node, corrected, node.get("correctedLatentsF64"));
            }
            if (has(node, "restartLatentsF64")) {
                Plan restart = shipped.with(new Post(post.solver(), post.ratio(), Post.History.RESTART, post.count()))
                        .plan(window(node));
                latents(goldens, "restart", node, restart, node.get("restartLatentsF64"));
            }
        }
        goldens.report();
    }

    private static Planner shipped(JsonNode node) {
        double eta = node.get("eta").asDouble();
        Kernel kernel =
                switch (node.get("kernel").asText()) {
                    case "flow" -> Kernel.flow(eta);
                    case "dance" -> Kernel.dance(eta);
                    default ->
                        throw new IllegalArgumentException(node.get("kernel").asText());
                };
        SigmaSchedule schedule = SigmaSchedule.shifted(
                node.get("steps").asInt(), node.get("shift").asDouble());
        Planner planner = Planner.of(schedule, kernel);
        if (node.get("mode").asText().equals("flash")) {
            DpmSolver.Rule rule =
                    DpmSolver.Rule.valueOf(node.get("solverType").asText().toUpperCase());
            DpmSolver solver = new DpmSolver(Prediction.DATA, node.get("order").asInt(), rule, Version.CORRECTED);
            planner = planner.with(Post.compressed(solver, node.get("ratio").asDouble()));
        }
        boolean exact = node.get("time").asText().equals("exact");
        return exact ? planner.asShipped().with(ModelTime.EXACT) : planner.asShipped();
    }

    private static Window window(JsonNode node) {
        int start = node.get("windowStart").asInt();
        return new Window(start, start + node.get("windowSize").asInt());
    }

    /** All latents, by the executor in float32 and by the same plan in float64. */
    private static void latents(Goldens goldens, String what, JsonNode node, Plan plan, JsonNode expected) {
        GaussianTarget target = target(node);
        List<float[]> seen = new ArrayList<>();
        Trajectory trajectory = PlanExecutor.run(
                plan,
                new float[][] {floats(node.get("x"))},
                1,
                (step, rows) -> {
                    seen.add(rows[0].clone());
                    return new float[][] {target.velocity(rows[0], step.modelSigma())};
                },
                (step, image, noise) -> System.arraycopy(noise(node, step), 0, noise, 0, noise.length));
        seen.add(trajectory.rows()[0]);
        goldens.same(what + " length", expected.size(), seen.size());
        for (int i = 0; i < seen.size(); i++) {
            goldens.close(what + " float32 " + i, expected.get(i), doubles(seen.get(i)), FLOAT32);
        }
        double[] x = doubles(node.get("x"));
        List<double[]> estimates = new ArrayList<>();
        for (int i = 0; i < plan.steps().size(); i++) {
            Step step = plan.steps().get(i);
            double[] velocity = target.velocity(x, step.modelSigma());
            double[] mean = DoubleSteps.mean(step.coefficients(), x, velocity, estimates);
            Prediction records = step.records() == null ? Prediction.DATA : step.records();
            estimates.add(DoubleSteps.estimate(records, step.sigma(), x, velocity));
            x = step.isScored()
                    ? DoubleSteps.noisy(mean, step.coefficients().noiseStd(), doubles(noise(node, step)))
                    : mean;
            goldens.close(what + " float64 " + (i + 1), expected.get(i + 1), x, FLOAT64);
        }
    }

    private static void logProbs(Goldens goldens, JsonNode node, Plan plan, JsonNode expected) {
        GaussianTarget target = target(node);
        Trajectory trajectory = PlanExecutor.run(
                plan,
                new float[][] {floats(node.get("x"))},
                1,
                (step, rows) -> new float[][] {target.velocity(rows[0], step.modelSigma())},
                (step, image, noise) -> System.arraycopy(noise(node, step), 0, noise, 0, noise.length));
        goldens.close("image", expected.get("image"), doubles(trajectory.rows()[0]), FLOAT32);
        goldens.same(
                "scored steps",
                expected.get("logProbs").size(),
                trajectory.transitions().size());
        for (int k = 0; k < trajectory.transitions().size(); k++) {
            Transition transition = trajectory.transitions().get(k);
            Step step = transition.step();
            double logProb = transition.logProbs()[0];
            goldens.close("logProb " + k, expected.get("logProbs").get(k).asDouble(), logProb, FLOAT32);
            double deviation =
                    (logProb - step.logProb().offset()) / step.logProb().scale();
            double full =
                    Kernel.dance(1).logProb(step.coefficients().noiseStd()).of(deviation);
            goldens.close(
                    "full logProb " + k, node.get("logProbsFullF64").get(k).asDouble(), full, FLOAT32);
            JsonNode after = expected.get("latents").get(step.index() + 1);
            goldens.close("kept latents " + k, after, doubles(transition.after()[0]), FLOAT32);
        }
    }

    private static GaussianTarget target(JsonNode node) {
        return new GaussianTarget(
                doubles(node.get("targetMean")), node.get("targetStd").asDouble());
    }

    private static float[] noise(JsonNode node, Step step) {
        return floats(node.get("noises").get(String.valueOf(step.index())));
    }
}
