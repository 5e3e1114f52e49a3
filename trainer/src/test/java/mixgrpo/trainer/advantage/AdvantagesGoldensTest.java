package mixgrpo.trainer.advantage;

import static mixgrpo.trainer.NumberGoldens.doubles;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.trainer.NumberGoldens;
import mixgrpo.trainer.advantage.AdvantageRule.Arithmetic;
import mixgrpo.trainer.advantage.AdvantageRule.Failure;
import mixgrpo.trainer.config.LossConfig.Aggregation;
import mixgrpo.trainer.config.LossConfig.Scope;
import org.junit.jupiter.api.Test;

class AdvantagesGoldensTest {

    @Test
    void advantagesAreTheReferences() throws IOException {
        var goldens = new NumberGoldens("Advantages", "grpo", "advantages.json");
        for (JsonNode node : goldens.root().get("cases")) {
            goldens.begin(node.get("name").asText());
            check(goldens, node);
        }
        goldens.print();
    }

    private static void check(NumberGoldens goldens, JsonNode node) {
        Map<String, double[][]> rewards = rewards(node);
        AdvantageRule official = rule(node, Arithmetic.FLOAT32);
        if (node.get("groupSize").asInt() < 2) {
            assertThrows(IllegalArgumentException.class, () -> Advantages.withinGroups(rewards, official));
            return;
        }
        JsonNode exact = node.get("expectedF64");
        JsonNode float32 = node.get("expectedOfficialF32");
        if (exact.toString().contains("NaN")) { // the reference trims until one reward is left, we until two
            assertTrue(Arrays.stream(unclamped(rewards, official)).allMatch(Double::isFinite));
            return;
        }
        // The reference rounds a weighed sum of rewards to float32 before anything else: it is given as such.
        Map<String, double[][]> given = rewards;
        AdvantageRule rule = rule(node, Arithmetic.DOUBLE);
        if (rule.aggregation() == Aggregation.REWARD) {
            given = Map.of(
                    "merged",
                    groups(node.get("mergedRewards"), node.get("groupSize").asInt()));
            rule = with(Map.of("merged", 1.0), rule.clip(), rule);
        }
        double tolerance = given.values().stream().flatMap(Arrays::stream).anyMatch(AdvantagesGoldensTest::isConstant)
                ? 1e-6
                : 1e-9;
        goldens.close("advantages", exact.get("advantages"), unclamped(given, rule), tolerance);
        goldens.close("clamped", exact.get("clamped"), flat(Advantages.withinGroups(given, rule)), tolerance);
        // Where the reference itself is further than this from exact arithmetic, rounding of constant groups decides.
        if (node.get("maxDifference").asDouble() <= 1e-6) {
            goldens.close("float32", float32.get("advantages"), unclamped(rewards, official), 2e-6);
        }
    }

    private static AdvantageRule rule(JsonNode node, Arithmetic arithmetic) {
        Map<String, Double> weights = new LinkedHashMap<>();
        for (int k = 0; k < node.get("weights").size(); k++) {
            weights.put("reward" + k, node.get("weights").get(k).asDouble());
        }
        return new AdvantageRule(
                node.get("mix").asText().equals("reward_aggr") ? Aggregation.REWARD : Aggregation.ADVANTAGE,
                weights,
                node.get("trimmedRatio").asDouble(),
                node.get("useGroup").asBoolean() ? Scope.GROUP : Scope.GLOBAL,
                1e-8,
                node.get("advClipMax").asDouble(),
                Failure.ZERO,
                arithmetic);
    }

    private static AdvantageRule with(Map<String, Double> weights, double clip, AdvantageRule rule) {
        return new AdvantageRule(
                rule.aggregation(),
                weights,
                rule.trimmedRatio(),
                rule.scope(),
                rule.epsilon(),
                clip,
                rule.failure(),
                rule.arithmetic());
    }

    private static double[] unclamped(Map<String, double[][]> rewards, AdvantageRule rule) {
        return flat(Advantages.withinGroups(rewards, with(rule.weights(), Double.POSITIVE_INFINITY, rule)));
    }

    private static double[] flat(Advantages advantages) {
        return Arrays.stream(advantages.values())
                .flatMapToDouble(Arrays::stream)
                .toArray();
    }

    private static Map<String, double[][]> rewards(JsonNode node) {
        Map<String, double[][]> rewards = new LinkedHashMap<>();
        int size = node.get("groupSize").asInt();
        for (int k = 0; k < node.get("rewards").size(); k++) {
            double[][] values = groups(node.get("rewards").get(k), size);
            JsonNode successes = node.get("successes").get(k);
            for (int i = 0; i < successes.size(); i++) {
                if (successes.get(i).asInt() == 0) {
                    values[i / size][i % size] = Double.NaN;
                }
            }
            rewards.put("reward" + k, values);
        }
        return rewards;
    }

    private static double[][] groups(JsonNode array, int size) {
        double[] all = doubles(array);
        double[][] groups = new double[all.length / size][];
        Arrays.setAll(groups, group -> Arrays.copyOfRange(all, group * size, (group + 1) * size));
        return groups;
    }

    private static boolean isConstant(double[] rewards) {
        return Arrays.stream(rewards).distinct().count() == 1;
    }
}
