package mixgrpo.tools.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.rollout.Decoder;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.rollout.NotFiniteException;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.rollout.Sampler;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.text.TextEncoder;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.plan.Transition;
import mixgrpo.solvers.window.Window;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.ImageModel;
import mixgrpo.tools.model.RecordingEngine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sampler on real engines of a micro model. */
class SamplerTest {

    private static final long SEED = 5;
    private static final int IMAGES = 4;
    private static final Window WINDOW = new Window(2, 4);

    /**
     * Latents have a standard deviation of about 1. Another batch makes ONNX Runtime sum in another order, an error of some 1e-7 a
     * call; six steps and a random network enlarge it.
     */
    private static final float TOLERANCE = 2e-5f;

    @TempDir
    private static Path folder;

    private static MicroModel micro;
    private static ImageModel model;
    private static TransformerInputs inputs;
    private static RecordingEngine engine;
    private static RecordingEngine base;

    private final List<Prompt> prompts = prompts(3);

    @BeforeAll
    static void open() throws IOException {
        micro = MicroModel.write(folder, SEED);
        model = ImageModel.open(folder.toString());
        inputs = model.inputs(64, 64, 3.5);
        engine = RecordingEngine.of(load("policy", model.weights()));
        base = RecordingEngine.of(load("base", MicroModel.transformer(SEED + 1)));
    }

    private static Engine load(String name, Weights weights) {
        return EngineKind.ORT_CPU.load(name, model.architecture().network(), weights);
    }

    @AfterAll
    static void close() {
        engine.close();
        base.close();
        model.close();
    }

    private static List<Prompt> prompts(int count) {
        Random random = new Random(SEED);
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] states = new float[3 * TextEncoder.WIDTH];
            float[] pooled = new float[TextEncoder.WIDTH];
            for (int k = 0; k < states.length; k++) {
                states[k] = (float) random.nextGaussian();
                pooled[k % pooled.length] = states[k];
            }
            prompts.add(new Prompt(
                    10 + i, "prompt " + i, new TextEmbedding(ImageModel.BUILT_IN_TEXT_LENGTH, 3, states, pooled)));
        }
        return prompts;
    }

    /** Pictures that hold the latents themselves. */
    private static final Decoder LATENTS = rows -> {
        List<Image> images = new ArrayList<>();
        for (float[] row : rows) {
            images.add(new Image(row.length / 4, 1, shortened(row)));
        }
        return images;
    };

    /** As many values as a picture of this many pixels has. */
    private static float[] shortened(float[] row) {
        return Arrays.copyOf(row, row.length / 4 * 3);
    }

    private static Planner planner(String... arguments) throws IOException {
        return new Recipe(micro.config(arguments)).planner();
    }

    private static List<Group> sample(List<Prompt> prompts, Plan plan, int images, int batchRows) {
        return sample(prompts, plan, images, batchRows, 1);
    }

    private static List<Group> sample(List<Prompt> prompts, Plan plan, int images, int batchRows, int count) {
        try (Workers workers = new Workers(count);
                Sampler sampler = new Sampler(
                        inputs, Map.of(Step.Network.TUNED, engine, Step.Network.BASE, base), batchRows, workers)) {
            return sampler.sample(SEED, 3, prompts, plan, images, LATENTS);
        }
    }

    private static void assertSame(Group expected, Group actual, float tolerance) {
        assertEquals(expected.prompt(), actual.prompt());
        for (int k = 0; k < expected.transitions().size(); k++) {
            Transition one = expected.transitions().get(k);
            Transition other = actual.transitions().get(k);
            for (int image = 0; image < one.after().length; image++) {
                assertArrayEquals(one.before(image), other.before(image), tolerance);
                assertArrayEquals(one.after()[image], other.after()[image], tolerance);
                assertEquals(one.logProbs()[image], other.logProbs()[image], 10 * tolerance);
            }
        }
        for (int image = 0; image < expected.images().size(); image++) {
            assertArrayEquals(
                    expected.images().get(image).rgb(),
                    actual.images().get(image).rgb(),
                    tolerance);
        }
    }

    @Test
    void anImageDoesNotDependOnWhatIsSampledWithIt() throws IOException {
        Plan plan = planner().plan(WINDOW);
        List<Group> together = sample(prompts, plan, IMAGES, 24);
        List<Prompt> turned = new ArrayList<>(prompts);
        Collections.reverse(turned);
        List<Group> reversed = sample(turned, plan, IMAGES, 24);
        for (int g = 0; g < prompts.size(); g++) {
            assertSame(together.get(g), reversed.get(prompts.size() - 1 - g), TOLERANCE);
            Group alone = sample(List.of(prompts.get(g)), plan, IMAGES, 24).get(0);
            assertSame(together.get(g), alone, TOLERANCE);
        }
        for (int batchRows : new int[] {1, 5}) {
            List<Group> split = sample(prompts, plan, IMAGES, batchRows);
            for (int g = 0; g < prompts.size(); g++) {
                assertSame(together.get(g), split.get(g), TOLERANCE);
            }
        }
    }

    @Test
    void theSameCallGivesTheSameBits() throws IOException {
        Plan plan = planner().plan(WINDOW);
        List<Group> once = sample(prompts, plan, IMAGES, 24);
        List<Group> again = sample(prompts, plan, IMAGES, 24);
        for (int g = 0; g < prompts.size(); g++) {
            assertSame(once.get(g), again.get(g), 0);
        }
        // Three workers with batches of the same size: rows are split as they were.
        List<Group> sideBySide = sample(prompts, plan, IMAGES, 1, 3);
        List<Group> oneByOne = sample(prompts, plan, IMAGES, 1);
        for (int g = 0; g < prompts.size(); g++) {
            assertSame(oneByOne.get(g), sideBySide.get(g), 0);
        }
        assertFalse(Arrays.equals(
                once.get(0).images().get(0).rgb(), once.get(0).images().get(1).rgb()));
        assertFalse(Arrays.equals(
                once.get(0).images().get(0).rgb(), once.get(1).images().get(0).rgb()));
    }

    @Test
    void sharingTheStartChangesCostsOnly() throws IOException {
        Plan shared = planner().plan(WINDOW);
        Plan separate = planner("rollout.sharedNoise=false").plan(WINDOW);
        // The first image starts from the noise that a group shares. One row at a time, kernels see the same shapes.
        Group one = sample(prompts, shared, IMAGES, 1).get(0);
        Group other = sample(prompts, separate, IMAGES, 1).get(0);
        assertFirstImageIsSame(one, other, 0);
        assertFirstImageIsSame(one, sample(prompts, separate, IMAGES, 24).get(0), TOLERANCE);
        assertEquals(1, one.transitions().get(0).before().length);
        assertEquals(IMAGES, other.transitions().get(0).before().length);
    }

    private static void assertFirstImageIsSame(Group one, Group other, float tolerance) {
        for (int k = 0; k < one.transitions().size(); k++) {
            assertArrayEquals(
                    one.transitions().get(k).after()[0],
                    other.transitions().get(k).after()[0],
                    tolerance);
        }
        assertArrayEquals(one.images().get(0).rgb(), other.images().get(0).rgb(), tolerance);
    }

    @Test
    void theEngineIsCalledAsOftenAsThePlanSays() throws IOException {
        for (String[] arguments : new String[][] {
            {}, {"post.ratio=1"}, {"rollout.sharedNoise=false"}, {"post.solver=euler", "post.order=1"}
        }) {
            Plan plan = planner(arguments).plan(WINDOW);
            engine.calls().clear();
            sample(prompts, plan, IMAGES, 5);
            assertEquals(
                    plan.nfePerImage(IMAGES),
                    (double) engine.rows() / (prompts.size() * IMAGES),
                    String.join(" ", arguments));
        }
        // Two shared steps and the first of the window, once for four images; then the window's second and Flash's one.
        assertEquals(3. / 4 + 2, planner().plan(WINDOW).nfePerImage(IMAGES));
    }

    @Test
    void hybridInferenceTakesItsLastStepsFromTheBase() throws IOException {
        Plan plan = planner().plan(WINDOW);
        Plan hybrid = plan.withBaseAfter(4);
        engine.calls().clear();
        base.calls().clear();
        Group mixed = sample(prompts, hybrid, IMAGES, 24).get(0);
        assertEquals((3 + IMAGES) * prompts.size(), engine.rows());
        assertEquals(IMAGES * prompts.size(), base.rows());
        Group tuned = sample(prompts, plan, IMAGES, 24).get(0);
        Transition last = tuned.transitions().get(1);
        assertArrayEquals(last.after()[0], mixed.transitions().get(1).after()[0]);
        assertFalse(
                Arrays.equals(tuned.images().get(0).rgb(), mixed.images().get(0).rgb()));
        try (Sampler sampler = new Sampler(inputs, Map.of(Step.Network.TUNED, engine), 24, Workers.one())) {
            var error = assertThrows(
                    IllegalArgumentException.class, () -> sampler.sample(SEED, 0, prompts, hybrid, IMAGES, LATENTS));
            assertTrue(error.getMessage().contains("BASE network"), error.getMessage());
        }
    }

    @Test
    void everyKernelAndWindowStrategyRuns() throws IOException {
        Map<String, Double> firstLogProbs = new LinkedHashMap<>();
        for (String kernel : List.of("flow", "dance", "cps", "dpm")) {
            for (String strategy :
                    List.of("progressive", "random", "frozen", "linear-decay", "exponential-decay", "list", "all")) {
                for (String shared : List.of("true", "false")) {
                    Recipe recipe = new Recipe(micro.config(
                            "rollout.kernel=" + kernel,
                            "window.strategy=" + strategy,
                            "window.last=4",
                            "window.starts=[2, 1]",
                            "pre.ratio=0.5",
                            "rollout.sharedNoise=" + shared));
                    recipe.check();
                    Plan plan = recipe.planner().plan(recipe.windows().at(1));
                    Group group = sample(prompts.subList(0, 1), plan, 2, 24).get(0);
                    assertEquals(
                            strategy.equals("all") ? 4 : 2, group.transitions().size());
                    for (Transition transition : group.transitions()) {
                        for (int image = 0; image < 2; image++) {
                            assertEquals(
                                    transition.trains(image),
                                    Double.isFinite(transition.logProbs()[image]),
                                    kernel + " " + strategy);
                        }
                    }
                    for (float value : group.images().get(1).rgb()) {
                        assertTrue(Float.isFinite(value), kernel + " " + strategy);
                    }
                    if (!strategy.equals("all")) {
                        firstLogProbs.put(kernel, group.transitions().get(0).logProbs()[0]);
                    }
                }
            }
        }
        assertEquals(4, firstLogProbs.values().stream().distinct().count());
    }

    @Test
    void latentsThatAreNoNumbersAreNotDecoded() throws IOException {
        List<Prompt> broken = new ArrayList<>(prompts);
        TextEmbedding sound = prompts.get(1).embedding();
        float[] pooled = sound.pooled().clone();
        pooled[0] = Float.NaN;
        broken.set(
                1,
                new Prompt(
                        11,
                        "a broken one",
                        new TextEmbedding(sound.length(), 3, sound.tokenStates().clone(), pooled)));
        String message = assertThrows(
                        NotFiniteException.class, () -> sample(broken, planner().plan(WINDOW), IMAGES, 24))
                .getMessage();
        assertTrue(message.contains("image 1 of 'a broken one', iteration 4"), message);
    }
}
