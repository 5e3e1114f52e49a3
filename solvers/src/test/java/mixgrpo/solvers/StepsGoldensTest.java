package mixgrpo.solvers;

import static mixgrpo.solvers.Goldens.doubles;
import static mixgrpo.solvers.Goldens.has;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.step.LogProbLaw;
import mixgrpo.solvers.step.StepCoefficients;
import org.junit.jupiter.api.Test;

class StepsGoldensTest {

    @Test
    void kernelsAgree() throws IOException {
        Goldens goldens = new Goldens("Steps", "steps.json");
        for (JsonNode node : goldens.cases("cases")) {
            double sigma = node.get("sigma").asDouble();
            double sigmaNext = node.get("sigmaNext").asDouble();
            double eta = node.get("eta").asDouble();
            Kernel kernel =
                    switch (node.get("kernel").asText()) {
                        case "flow" -> Kernel.flow(eta);
                        case "dance" -> Kernel.dance(eta);
                        case "cps" -> Kernel.cps(eta);
                        case "ode" -> null;
                        default ->
                            throw new IllegalArgumentException(
                                    node.get("kernel").asText());
                    };
            StepCoefficients step = kernel == null
                    ? StepCoefficients.ode(sigma, sigmaNext)
                    : kernel.step(
                            sigma, sigmaNext, node.get("sigmaFirstBelowOne").asDouble());
            JsonNode expected = node.get("expectedF64");
            double[] mean = DoubleSteps.mean(step, doubles(node.get("x")), doubles(node.get("velocity")), List.of());
            double[] next = DoubleSteps.noisy(mean, step.noiseStd(), doubles(node.get("noise")));
            goldens.close("mean", expected.get("mean"), mean, 1e-12);
            goldens.close("std", expected.get("std").asDouble(), step.noiseStd(), 1e-12);
            goldens.close("next", expected.get("next"), next, 1e-12);
            if (has(expected, "logProb")) {
                LogProbLaw law = kernel.logProb(step.noiseStd());
                double deviation = DoubleSteps.meanSquare(next, mean);
                goldens.close("logProb", expected.get("logProb").asDouble(), law.of(deviation), 1e-10);
                double given = DoubleSteps.meanSquare(doubles(expected.get("given")), mean);
                goldens.close("logProbGiven", expected.get("logProbGiven").asDouble(), law.of(given), 1e-10);
                if (has(node, "logProbMixGrpoWithoutNormaliser")) {
                    double shipped = node.get("logProbMixGrpoWithoutNormaliser").asDouble();
                    double without =
                            kernel.withoutNormaliser().logProb(step.noiseStd()).of(deviation);
                    goldens.close("logProb as shipped", shipped, without, 2e-5);
                }
            }
        }
        goldens.report();
    }
}
