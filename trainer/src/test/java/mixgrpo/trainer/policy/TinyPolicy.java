package mixgrpo.trainer.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.models.flux.FluxConfig;
import mixgrpo.models.sd3.PositionTable;
import mixgrpo.models.sd3.Sd3Config;
import mixgrpo.models.weights.ArrayWeights;
import mixgrpo.runtime.rollout.FluxInputs;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.rollout.Sd3Inputs;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.PlanExecutor;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.Transition;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.window.Window;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/** A random transformer with four image and two text tokens, and groups that it samples. */
final class TinyPolicy {

    static final int IMAGES = 4;
    static final Window WINDOW = new Window(1, 4);

    private static final int TEXT = 2;
    private static final int TEXT_CHANNELS = 6;
    private static final int POOLED_CHANNELS = 5;

    final TransformerInputs inputs;
    private final Network network;
    private final TextEmbedding prompt;

    private TinyPolicy(TransformerInputs inputs, long seed) {
        this.inputs = inputs;
        network = inputs.network();
        Random random = new Random(seed);
        prompt = new TextEmbedding(
                TEXT, TEXT, normal(random, TEXT * TEXT_CHANNELS, 1), normal(random, POOLED_CHANNELS, 1));
    }

    static TinyPolicy flux(long seed) {
        var config = new FluxConfig(4, 4, 1, 1, 8, 2, TEXT_CHANNELS, POOLED_CHANNELS, true, List.of(2, 4, 2));
        return new TinyPolicy(new FluxInputs(config, new LatentPacking(1, 4, 4), TEXT, 3.5), seed);
    }

    static TinyPolicy sd3(long seed) {
        var config = new Sd3Config(4, 2, 1, 1, 2, 8, 2, TEXT_CHANNELS, POOLED_CHANNELS, 3, List.of(0), true);
        float[] positions = normal(new Random(seed), 9 * config.dim(), 1);
        var checkpoint = new ArrayWeights(Map.of(PositionTable.KEY, Array.of(positions, 1, 9, config.dim())));
        return new TinyPolicy(new Sd3Inputs(config, new LatentPacking(1, 4, 4), TEXT, checkpoint), seed);
    }

    TrainableNetwork network(ArrayWeights weights) {
        return new TrainableNetwork(network, weights, ScriptOptions.plain());
    }

    ArrayWeights weights(long seed) {
        Random random = new Random(seed);
        Map<String, Array> arrays = new LinkedHashMap<>();
        Inventory.parameters(network).forEach((key, shape) -> {
            int length = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
            float[] values = normal(random, length, shape.length == 1 ? .1 : 1 / Math.sqrt(shape[1]));
            arrays.put(key, new Array(shape, values));
        });
        return new ArrayWeights(arrays);
    }

    /** The weights moved by {@code distance} along {@code direction}. */
    static ArrayWeights moved(ArrayWeights weights, Map<String, float[]> direction, double distance) {
        Map<String, Array> arrays = new LinkedHashMap<>();
        weights.arrays().forEach((key, array) -> {
            float[] values = array.values().clone();
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (distance * direction.get(key)[i]);
            }
            arrays.put(key, new Array(array.shape(), values));
        });
        return new ArrayWeights(arrays);
    }

    /** Window steps 1 to 3 of six, the first from latents that all images share. */
    Group sample(TrainableNetwork network, long seed) {
        Plan plan = Planner.of(SigmaSchedule.shifted(6, 3), Kernel.flow(.7)).plan(WINDOW);
        Random random = new Random(seed);
        List<Transition> transitions = PlanExecutor.run(
                        plan,
                        new float[][] {normal(random, inputs.elements(), 1)},
                        IMAGES,
                        (step, rows) -> {
                            double[] sigmas = new double[rows.length];
                            Arrays.fill(sigmas, step.modelSigma());
                            float[] out = network.infer(
                                            inputs.of(List.of(rows), Collections.nCopies(rows.length, prompt), sigmas))
                                    .get("velocity")
                                    .values();
                            float[][] velocities = new float[rows.length][];
                            Arrays.setAll(
                                    velocities,
                                    i -> Arrays.copyOfRange(out, i * inputs.elements(), (i + 1) * inputs.elements()));
                            return velocities;
                        },
                        (step, image, target) ->
                                System.arraycopy(normal(random, target.length, 1), 0, target, 0, target.length))
                .transitions();
        return group(transitions);
    }

    /** The same group without sharing: its latents once for every image. */
    Group separate(Group group) {
        List<Transition> transitions = new ArrayList<>();
        for (Transition transition : group.transitions()) {
            float[][] before = new float[IMAGES][];
            Arrays.setAll(before, transition::before);
            transitions.add(new Transition(transition.step(), before, transition.after(), transition.logProbs()));
        }
        return group(transitions);
    }

    /** The same group as if its outcomes had been sampled with other log-probs. */
    Group withOldLogProbs(Group group, double[][] logProbs) {
        List<Transition> transitions = new ArrayList<>();
        for (Transition transition : group.transitions()) {
            transitions.add(new Transition(
                    transition.step(), transition.before(), transition.after(), logProbs[transitions.size()]));
        }
        return group(transitions);
    }

    /** The same group, [step][image] of which are trained. */
    Group trainedOn(Group group, boolean[][] trained) {
        List<Transition> transitions = new ArrayList<>();
        for (Transition transition : group.transitions()) {
            boolean[] own = trained[transitions.size()];
            float[][] before = transition.before().clone();
            float[][] after = transition.after().clone();
            double[] logProbs = transition.logProbs().clone();
            for (int image = 0; image < IMAGES; image++) {
                if (!own[image]) {
                    after[image] = null;
                    logProbs[image] = Double.NaN;
                    if (before.length == IMAGES) {
                        before[image] = null;
                    }
                }
            }
            transitions.add(new Transition(transition.step(), before, after, logProbs));
        }
        return group(transitions);
    }

    /** The same group with one step of its window. */
    Group withStep(Group group, int position) {
        return group(List.of(group.transitions().get(position)));
    }

    private Group group(List<Transition> transitions) {
        return new Group(0, 7, "a prompt", prompt, transitions, List.of());
    }

    static float[] normal(Random random, int length, double std) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) (std * random.nextGaussian());
        }
        return values;
    }
}
