package mixgrpo.runtime.rollout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.noise.Noise;
import mixgrpo.runtime.noise.NoiseKey;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.PlanExecutor;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.plan.StepNoise;
import mixgrpo.solvers.plan.Trajectory;
import mixgrpo.solvers.plan.Transition;

/**
 * Runs plans with frozen engines. All noise is a function of the seed and of what it is for, so an image does not depend on
 * what else is sampled with it. Used by one thread at a time.
 */
public final class Sampler implements AutoCloseable {

    private static final StepNoise NONE = (step, image, target) -> {
        throw new IllegalStateException("step %d of a deterministic plan asks for noise".formatted(step.index()));
    };

    private final TransformerInputs inputs;
    private final EngineVelocity velocity;

    /**
     * @param engines one for every network that the plans ask for; they stay the caller's
     * @param batchRows rows that a network sees at once, at the most
     */
    public Sampler(TransformerInputs inputs, Map<Step.Network, Engine> engines, int batchRows) {
        this.inputs = inputs;
        velocity = new EngineVelocity(inputs, engines, batchRows);
    }

    /**
     * A group of images for every prompt, with the steps of the plan's window.
     *
     * @param seed of the run
     * @param images in a group
     * @param decoder makes the pictures of all groups at once
     */
    public List<Group> sample(long seed, int iteration, List<Prompt> prompts, Plan plan, int images, Decoder decoder) {
        NoiseKey initial = NoiseKey.of(seed, NoiseKey.Stream.INITIAL_LATENT).withIteration(iteration);
        NoiseKey sde = NoiseKey.of(seed, NoiseKey.Stream.SDE_STEP).withIteration(iteration);
        int rowsPerGroup = plan.startsShared() ? 1 : images;
        float[][] start = new float[prompts.size() * rowsPerGroup][inputs.elements()];
        for (int row = 0; row < start.length; row++) {
            Prompt prompt = prompts.get(row / rowsPerGroup);
            Noise.fill(start[row], initial.withPrompt(prompt.number()).withImage(row % rowsPerGroup));
        }
        List<TextEmbedding> texts = prompts.stream().map(Prompt::embedding).toList();
        velocity.setTexts(texts);
        StepNoise noise = (step, image, target) -> {
            Prompt prompt = prompts.get(image / images);
            Noise.fill(
                    target,
                    sde.withPrompt(prompt.number()).withImage(image % images).withStep(step.index()));
        };
        int[][] trained = new int[prompts.size() * images][];
        Arrays.setAll(
                trained,
                image -> plan.trainedSteps(
                        iteration, (long) prompts.get(image / images).number() << 16 | image % images));
        Trajectory trajectory = PlanExecutor.run(
                plan,
                start,
                images,
                velocity,
                noise,
                (step, image) -> Arrays.binarySearch(trained[image], step.index()) >= 0);
        List<Image> pictures = decoder.decode(trajectory.rows());
        int alike = prompts.size() * images / pictures.size(); // a whole group where no step told its images apart
        List<Group> groups = new ArrayList<>();
        for (int g = 0; g < prompts.size(); g++) {
            int group = g;
            Prompt prompt = prompts.get(g);
            List<Transition> own = trajectory.transitions().stream()
                    .map(transition -> ofGroup(transition, group, images))
                    .toList();
            List<Image> ownPictures = IntStream.range(g * images, (g + 1) * images)
                    .mapToObj(image -> pictures.get(image / alike))
                    .toList();
            groups.add(new Group(iteration, prompt.number(), prompt.text(), texts.get(g), own, ownPictures));
        }
        return groups;
    }

    /** The rows of one group of a transition over several. */
    private static Transition ofGroup(Transition all, int group, int images) {
        int before = all.before().length / (all.after().length / images);
        return new Transition(
                all.step(),
                Arrays.copyOfRange(all.before(), group * before, (group + 1) * before),
                Arrays.copyOfRange(all.after(), group * images, (group + 1) * images),
                Arrays.copyOfRange(all.logProbs(), group * images, (group + 1) * images));
    }

    /**
     * One picture for every row of noise by a deterministic plan.
     *
     * @param texts the prompt of every row
     * @param noise packed, one row a picture; left as it is
     */
    public List<Image> draw(Plan plan, List<TextEmbedding> texts, float[][] noise, Decoder decoder) {
        velocity.setTexts(texts);
        return decoder.decode(PlanExecutor.run(plan, noise, 1, velocity, NONE).rows());
    }

    /** Elements of one image's latents. */
    public int elements() {
        return inputs.elements();
    }

    @Override
    public void close() {
        velocity.close();
    }
}
