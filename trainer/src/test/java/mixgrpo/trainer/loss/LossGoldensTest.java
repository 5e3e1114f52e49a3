package mixgrpo.trainer.loss;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Optional;
import mixgrpo.trainer.NumberGoldens;
import org.junit.jupiter.api.Test;

class LossGoldensTest {

    @Test
    void lossAndItsDerivativeAreTheReferences() throws IOException {
        var goldens = new NumberGoldens("Loss", "grpo", "loss.json");
        for (JsonNode node : goldens.root().get("cases")) {
            goldens.begin(node.get("name").asText());
            for (int image = 0; image < node.get("advantages").size(); image++) {
                for (int step = 0; step < node.get("windowSize").asInt(); step++) {
                    check(goldens, node, image, step);
                }
            }
        }
        goldens.print();
    }

    private static void check(NumberGoldens goldens, JsonNode node, int image, int step) {
        double clip = node.get("advClipMax").asDouble();
        double advantage = node.get("advantages").get(image).asDouble();
        var outcome = new Outcome(
                Math.max(-clip, Math.min(clip, advantage)),
                node.get("logProbNew").get(image).get(step).asDouble(),
                node.get("logProbOld").get(image).get(step).asDouble(),
                Double.NaN);
        var objective = new ClippedRatio(node.get("clipRange").asDouble());
        var loss = new PolicyLoss(objective, node.get("klCoeff").asDouble(), StepWeights.UNIFORM, Optional.empty());
        LossTerm term = loss.of(Steps.any(), outcome, 0);
        double factor = 1.0
                / (node.get("gradientAccumulationSteps").asInt()
                        * node.get("windowSize").asInt());
        for (String expected : new String[] {"expectedF64", "expectedOfficialF32"}) {
            JsonNode results = node.get(expected);
            double tolerance = expected.equals("expectedF64") ? 1e-12 : 1e-6;
            compare(goldens, results, "loss", image, step, factor * term.value(), tolerance);
            compare(goldens, results, "klLoss", image, step, factor * term.kl(), tolerance);
            compare(goldens, results, "dLossDLogProbNew", image, step, factor * term.byLogProb(), tolerance);
            compare(goldens, results, "clipFraction", image, step, term.outside() ? 1 : 0, tolerance);
            double policyLoss = factor * objective.of(Steps.any(), outcome).value();
            compare(goldens, results, "policyLoss", image, step, policyLoss, tolerance);
        }
    }

    private static void compare(
            NumberGoldens goldens,
            JsonNode results,
            String name,
            int image,
            int step,
            double actual,
            double tolerance) {
        double expected = results.get(name).get(image).get(step).asDouble();
        double error = Math.abs(expected - actual) / Math.max(1, Math.abs(expected));
        goldens.within("%s of image %d, step %d".formatted(name, image, step), error, tolerance);
    }
}
