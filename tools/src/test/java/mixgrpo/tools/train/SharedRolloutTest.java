package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.text.TextEncoder;
import mixgrpo.solvers.plan.PlanExecutor;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.StepNoise;
import mixgrpo.solvers.plan.Trajectory;
import mixgrpo.solvers.plan.Velocity;
import mixgrpo.solvers.window.Window;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.trainer.loss.PolicyLoss;
import mixgrpo.trainer.policy.PolicyGradient;
import mixgrpo.trainer.policy.Shard;
import mixgrpo.trainer.torchscript.ScriptOptions;
import mixgrpo.trainer.torchscript.TrainableNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a group shares is a saving only: latents and gradients are those of images that share nothing, from the same noise. */
class SharedRolloutTest {

    private static final int IMAGES = 4;

    /** Another batch makes ONNX Runtime sum in another order; six steps of a random network enlarge that. */
    private static final float TOLERANCE = 2e-5f;

    @TempDir
    private Path folder;

    private final StepNoise noise = (step, image, target) -> {
        Random random = new Random(1000L * step.index() + image);
        for (int i = 0; i < target.length; i++) {
            target[i] = (float) random.nextGaussian();
        }
    };

    private static float[] normal(Random random, int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** The engine on at most so many rows at once. */
    private static Velocity velocity(Engine engine, TransformerInputs inputs, TextEmbedding text, int batch) {
        return (step, rows) -> {
            float[][] velocities = new float[rows.length][];
            for (int start = 0; start < rows.length; start += batch) {
                int count = Math.min(batch, rows.length - start);
                double[] sigmas = new double[count];
                Arrays.fill(sigmas, step.modelSigma());
                List<float[]> own = Arrays.asList(rows).subList(start, start + count);
                float[] output = engine.infer(inputs.of(own, Collections.nCopies(count, text), sigmas))
                        .get("velocity")
                        .values();
                for (int i = 0; i < count; i++) {
                    velocities[start + i] =
                            Arrays.copyOfRange(output, i * own.get(0).length, (i + 1) * own.get(0).length);
                }
            }
            return velocities;
        };
    }

    @Test
    void sharingChangesNeitherLatentsNorGradients() throws IOException {
        for (long seed = 1; seed < 4; seed++) {
            MicroModel micro = MicroModel.write(folder.resolve("model-" + seed), seed);
            Random random = new Random(seed);
            TextEmbedding text = new TextEmbedding(
                    ImageModel.BUILT_IN_TEXT_LENGTH,
                    3,
                    normal(random, 3 * TextEncoder.WIDTH),
                    normal(random, TextEncoder.WIDTH));
            try (ImageModel model = ImageModel.open(micro.folder().toString());
                    Engine engine = EngineKind.ORT_CPU.load(
                            "policy", model.architecture().network(), model.weights())) {
                TransformerInputs inputs = model.inputs(64, 64, 1);
                Planner planner = new Recipe(micro.config()).planner();
                Planner unshared = new Recipe(micro.config("rollout.sharedNoise=false")).planner();
                Window window = new Window((int) seed, (int) seed + 2);
                float[][] one = {normal(random, inputs.elements())};
                float[][] repeated = new float[IMAGES][];
                Arrays.setAll(repeated, i -> one[0].clone());
                for (int batch : new int[] {1, 24}) {
                    Velocity velocity = velocity(engine, inputs, text, batch);
                    Trajectory shared = PlanExecutor.run(planner.plan(window), one, IMAGES, velocity, noise);
                    Trajectory separate = PlanExecutor.run(unshared.plan(window), repeated, IMAGES, velocity, noise);
                    // One row at a time both see the same kernels.
                    float tolerance = batch == 1 ? 0 : TOLERANCE;
                    for (int i = 0; i < IMAGES; i++) {
                        assertArrayEquals(separate.rows()[i], shared.rows()[i], tolerance, "seed " + seed);
                    }
                    assertEquals(1, shared.transitions().get(0).before().length);
                    assertEquals(IMAGES, separate.transitions().get(0).before().length);
                    assertClose(
                            gradients(model.weights(), inputs, text, separate, micro),
                            gradients(model.weights(), inputs, text, shared, micro),
                            "seed " + seed);
                }
            }
        }
    }

    private static Map<String, float[]> gradients(
            Weights weights, TransformerInputs inputs, TextEmbedding text, Trajectory trajectory, MicroModel micro)
            throws IOException {
        Group group = new Group(0, 0, "", text, trajectory.transitions(), List.of());
        try (TrainableNetwork network = new TrainableNetwork(inputs.network(), weights, ScriptOptions.plain())) {
            new PolicyGradient(network, inputs, PolicyLoss.of(micro.config().loss()))
                    .add(Shard.of(group, new int[] {0, 1, 2, 3}, new double[] {1.2, -.7, .4, -.9}, 1. / 8));
            return network.gradients();
        }
    }

    private static void assertClose(Map<String, float[]> expected, Map<String, float[]> actual, String with) {
        double error = 0;
        double norm = 0;
        for (Map.Entry<String, float[]> entry : expected.entrySet()) {
            float[] other = actual.get(entry.getKey());
            for (int i = 0; i < other.length; i++) {
                error += Math.pow((double) entry.getValue()[i] - other[i], 2);
                norm += Math.pow(entry.getValue()[i], 2);
            }
        }
        assertTrue(norm > 0, with);
        assertTrue(Math.sqrt(error / norm) <= 1e-4, with + ": gradients differ by " + Math.sqrt(error / norm));
    }
}
