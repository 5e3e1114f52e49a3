package mixgrpo.trainer.policy;

import static mixgrpo.trainer.NumberGoldens.doubles;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.flux.FluxTransformer;
import mixgrpo.models.goldens.GoldenReport;
import mixgrpo.models.weights.Component;
import mixgrpo.models.weights.SafetensorsFile;
import mixgrpo.models.weights.Weights;
import mixgrpo.models.weights.WeightsFile;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.plan.Transition;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.step.StepCoefficients;
import mixgrpo.trainer.NumberGoldens;
import mixgrpo.trainer.loss.ClippedRatio;
import mixgrpo.trainer.loss.LossTerm;
import mixgrpo.trainer.loss.Outcome;
import mixgrpo.trainer.loss.PolicyLoss;
import mixgrpo.trainer.loss.StepWeights;
import mixgrpo.trainer.torchscript.AdamW;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;
import org.junit.jupiter.api.Test;

/** One whole update of the reference's trainer, by the classes that train. */
class UpdateGoldensTest {

    private final NumberGoldens goldens;
    private final JsonNode root;

    /** The one that every variant has weights of; PROVENANCE.md beside the file says so. */
    private final double largeRate;

    UpdateGoldensTest() throws IOException {
        goldens = new NumberGoldens("Update", "grpo", "step.json");
        root = goldens.root();
        largeRate = Arrays.stream(doubles(root.get("learningRates"))).max().orElseThrow();
    }

    /** As the script beside the file names the weights after a step at this rate. */
    private static String weights(String variant, double rate) {
        return "%s.weights.lr%s.".formatted(variant, rate == 1e-5 ? "1e-5" : "1e-2");
    }

    @Test
    void updateIsTheReferences() throws IOException {
        try (WeightsFile tensors =
                        SafetensorsFile.open(GoldenReport.folder("grpo").resolve("step.safetensors"));
                Component policy = Component.open(GoldenReport.folder("grpo", "policy"))) {
            for (Map.Entry<String, JsonNode> variant : root.get("variants").properties()) {
                for (boolean shared : new boolean[] {false, true}) {
                    Group group = group(tensors, variant.getValue());
                    if (!shared || areEqual(group.transitions().get(0).before())) {
                        goldens.begin(variant.getKey() + (shared ? ", first latents as one row" : ""));
                        update(tensors, policy, variant.getKey(), shared ? shared(group) : group);
                    }
                }
                goldens.begin(variant.getKey() + ", stored gradient");
                storedGradient(tensors, policy.weights(), variant.getKey());
            }
        }
        goldens.print();
    }

    private void update(Weights tensors, Component policy, String variant, Group group) {
        FluxConfig config = FluxConfig.of(policy.config());
        JsonNode grid = root.get("grid");
        var packing = new LatentPacking(
                config.inChannels() / 4,
                2 * grid.get(0).asInt(),
                2 * grid.get(1).asInt());
        int images = root.get("advantages").size();
        int steps = root.get("window").size();
        double factor = 1.0 / (root.get("gradientAccumulationSteps").asInt() * steps);
        var loss = new PolicyLoss(
                new ClippedRatio(root.get("clipRange").asDouble()),
                root.get("klCoeff").asDouble(),
                StepWeights.UNIFORM,
                Optional.empty());
        try (var network = new TrainableNetwork(FluxTransformer.of(config), policy.weights(), ScriptOptions.plain());
                var optimizer = new AdamW(network)) {
            var inputs = new FluxInputs(
                    config,
                    packing,
                    root.get("textTokens").asInt(),
                    root.get("guidance").asDouble());
            var policyGradient = new PolicyGradient(network, inputs, loss);
            compareTerms(tensors, variant, group, policyGradient.replay(group), loss, factor);
            GradientStats stats = policyGradient.add(
                    Shard.of(group, IntStream.range(0, images).toArray(), advantages(), factor));
            JsonNode expected = root.get("variants").get(variant);
            goldens.close("sum of losses", sum(expected.get("loss")), stats.loss(), 2e-6);
            goldens.close(
                    "ratios out of range",
                    sum(expected.get("clipFraction")),
                    stats.ratios().outside(),
                    .5);
            network.gradients().forEach((key, gradient) -> {
                float[] reference = tensors.floats(variant + ".grad." + key);
                goldens.within(
                        "relative gradient " + key,
                        distance(reference, gradient) / Math.max(norm(reference), Float.MIN_NORMAL),
                        1e-4);
            });
            double norm = expected.get("totalGradNorm").asDouble();
            double actual = optimizer.step(settings(variant, largeRate));
            goldens.within("relative gradient norm", Math.abs(actual - norm) / norm, 1e-5);
            compareWeights(tensors, variant, network.parameters());
        }
    }

    private void compareTerms(
            Weights tensors, String variant, Group group, Replay replay, PolicyLoss loss, double factor) {
        JsonNode expected = root.get("variants").get(variant);
        float[] velocities = tensors.floats(variant + ".velocity");
        int steps = group.transitions().size();
        for (int image = 0; image < root.get("advantages").size(); image++) {
            for (int k = 0; k < steps; k++) {
                Transition transition = group.transitions().get(k);
                String at = " of image %d, step %d".formatted(image, k);
                float[] velocity = replay.velocity(k, image);
                for (int i = 0; i < velocity.length; i++) {
                    double reference = velocities[(image * steps + k) * velocity.length + i];
                    goldens.close("velocity" + at, reference, velocity[i], 2e-5);
                }
                double logProb = replay.logProbs()[k][image];
                goldens.close("log-prob" + at, value(expected, "logProbNew", image, k), logProb, 2e-6);
                LossTerm term = loss.of(
                        transition.step(),
                        new Outcome(advantages()[image], logProb, transition.logProbs()[image], Double.NaN),
                        transition.logProbs()[image]);
                goldens.close("ratio" + at, value(expected, "ratio", image, k), term.ratio(), 2e-6);
                goldens.close("loss" + at, value(expected, "loss", image, k), factor * term.value(), 2e-6);
                goldens.close("KL" + at, value(expected, "klLoss", image, k), factor * term.kl(), 2e-6);
                goldens.close(
                        "clip fraction" + at, value(expected, "clipFraction", image, k), term.outside() ? 1 : 0, .5);
            }
        }
    }

    /** Weights of one's own gradient: where it is near epsilon, rounding decides the size and the sign of Adam's first step. */
    private void compareWeights(Weights tensors, String variant, Weights actual) {
        long far = 0;
        long all = 0;
        double worstFar = 0;
        for (String key : actual.shapes().keySet()) {
            float[] reference = tensors.floats(weights(variant, largeRate) + key);
            float[] values = actual.floats(key);
            for (int i = 0; i < values.length; i++) {
                double error = Math.abs((double) reference[i] - values[i]);
                if (!(error <= 1e-5)) {
                    far++;
                    worstFar = error <= worstFar ? worstFar : error;
                }
                all++;
            }
        }
        goldens.within("share of weights off by more than 1e-5", (double) far / all, .005);
        goldens.within("those weights", worstFar, 2e-2);
    }

    /** The optimizer alone: a network of nothing but the parameters, whose outputs' gradients are their gradients. */
    private void storedGradient(Weights tensors, Weights initial, String variant) {
        Map<String, long[]> shapes = initial.shapes();
        List<String> keys = List.copyOf(shapes.keySet());
        Network parameters = new Network(
                "parameters",
                List.of(Network.Input.floats("one", "1")),
                List.of(new NamedStage("", (scope, in) -> {
                    Carry out = in;
                    for (String key : keys) {
                        out = out.with(key, scope.param(key, shapes.get(key)).times(in.get("one")));
                    }
                    return out;
                })),
                keys);
        Map<String, Array> gradients = new LinkedHashMap<>();
        keys.forEach(key ->
                gradients.put(key, new Array(shapes.get(key), tensors.floats("%s.grad.%s".formatted(variant, key)))));
        for (double rate : doubles(root.get("learningRates"))) {
            String prefix = weights(variant, rate);
            if (rate != largeRate && !tensors.shapes().containsKey(prefix + keys.get(0))) {
                continue; // stored for one variant only
            }
            try (var network = new TrainableNetwork(parameters, initial, ScriptOptions.plain());
                    var optimizer = new AdamW(network)) {
                try (TrainableNetwork.Pass pass = network.forward(Map.of("one", Array.of(new float[] {1}, 1)))) {
                    pass.backward(gradients);
                }
                optimizer.step(settings(variant, rate));
                for (String key : keys) {
                    float[] reference = tensors.floats(prefix + key);
                    float[] actual = network.parameters().floats(key);
                    for (int i = 0; i < actual.length; i++) {
                        goldens.close("weights of rate %s, %s".formatted(rate, key), reference[i], actual[i], 1e-6);
                    }
                }
            }
        }
    }

    private AdamW.Settings settings(String variant, double learningRate) {
        JsonNode adamw = root.get("adamw");
        return new AdamW.Settings(
                learningRate,
                adamw.get("beta1").asDouble(),
                adamw.get("beta2").asDouble(),
                adamw.get("eps").asDouble(),
                adamw.get("weightDecay").asDouble(),
                root.get("variants").get(variant).get("maxGradNorm").asDouble());
    }

    private double[] advantages() {
        double clip = root.get("advClipMax").asDouble();
        return Arrays.stream(doubles(root.get("advantages")))
                .map(advantage -> Math.max(-clip, Math.min(clip, advantage)))
                .toArray();
    }

    private Group group(Weights tensors, JsonNode variant) {
        int images = root.get("advantages").size();
        int steps = root.get("window").size();
        List<Transition> transitions = new ArrayList<>();
        for (int k = 0; k < steps; k++) {
            double[] old = new double[images];
            for (int image = 0; image < images; image++) {
                old[image] = value(variant, "logProbOld", image, k);
            }
            transitions.add(new Transition(
                    step(variant, k),
                    latents(tensors, "input.latents", images, steps, k),
                    latents(tensors, "input.nextLatents", images, steps, k),
                    old));
        }
        int tokens = root.get("textTokens").asInt();
        var text =
                new TextEmbedding(tokens, tokens, tensors.floats("input.promptEmbeds"), tensors.floats("input.pooled"));
        return new Group(0, 0, "", text, transitions, List.of());
    }

    private Step step(JsonNode variant, int k) {
        double sigma = root.get("sigmas").get(k).asDouble();
        double sigmaNext = root.get("sigmasNext").get(k).asDouble();
        double eta = root.get("eta").asDouble();
        Kernel kernel =
                switch (root.get("kernel").asText()) {
                    case "flow" -> Kernel.flow(eta);
                    case "dance" -> Kernel.dance(eta);
                    default -> throw new IllegalArgumentException("kernel " + root.get("kernel"));
                };
        StepCoefficients coefficients =
                kernel.step(sigma, sigmaNext, root.get("sigmaFirstBelowOne").asDouble());
        return new Step(
                root.get("window").get(k).asInt(),
                sigma,
                sigmaNext,
                variant.get("modelTime").get(k).asDouble(),
                coefficients,
                kernel.logProb(coefficients.noiseStd()),
                null,
                false,
                Step.Network.TUNED);
    }

    /** The same group with its first latents, which are equal, as one row. */
    private static Group shared(Group group) {
        List<Transition> transitions = new ArrayList<>(group.transitions());
        Transition first = transitions.get(0);
        transitions.set(
                0, new Transition(first.step(), new float[][] {first.before(0)}, first.after(), first.logProbs()));
        return new Group(0, 0, "", group.embedding(), transitions, List.of());
    }

    private static boolean areEqual(float[][] rows) {
        return Arrays.stream(rows).allMatch(row -> Arrays.equals(row, rows[0]));
    }

    private static float[][] latents(Weights tensors, String name, int images, int steps, int k) {
        float[] all = tensors.floats(name);
        int elements = all.length / (images * steps);
        float[][] rows = new float[images][];
        Arrays.setAll(
                rows,
                image -> Arrays.copyOfRange(all, (image * steps + k) * elements, (image * steps + k + 1) * elements));
        return rows;
    }

    private static double value(JsonNode node, String name, int image, int step) {
        return node.get(name).get(image).get(step).asDouble();
    }

    private static double sum(JsonNode values) {
        double sum = 0;
        for (JsonNode image : values) {
            sum += Arrays.stream(doubles(image)).sum();
        }
        return sum;
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.pow((double) a[i] - b[i], 2);
        }
        return Math.sqrt(sum);
    }

    private static double norm(float[] values) {
        return distance(values, new float[values.length]);
    }
}
