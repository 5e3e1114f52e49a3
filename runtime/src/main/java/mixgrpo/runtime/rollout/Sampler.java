package mixgrpo.runtime.rollout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import mixgrpo.models.weights.Problems;
import mixgrpo.models.weights.WeightsCheck.NotFinite;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.noise.Noise;
import mixgrpo.runtime.noise.NoiseKey;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.runtime.workers.Workers;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.PlanExecutor;
import mixgrpo.solvers.plan.Step;
import mixgrpo.solvers.plan.StepNoise;
import mixgrpo.solvers.plan.Trajectory;
import mixgrpo.solvers.plan.Transition;
import mixgrpo.solvers.plan.Velocity;

/**
 * Runs plans with frozen engines. All noise is a function of the seed and of what it is for, so an image does not depend on
 * what else is sampled with it. Used by one thread at a time.
 */
public final class Sampler implements AutoCloseable {

    private final TransformerInputs inputs;
    private final EngineVelocity velocity;

    /**
     * @param engines one for every network that the plans ask for; they stay the caller's
     * @param batchRows rows that a network sees at once, at the most
     * @param workers that call networks side by side; still the caller's
     */
    public Sampler(TransformerInputs inputs, Map<Step.Network, Engine> engines, int batchRows, Workers workers) {
        this.inputs = inputs;
        velocity = new EngineVelocity(inputs, engines, batchRows, workers);
    }

    /**
     * A group of images for every prompt, with the steps of the plan's window.
     *
     * @param seed of the run
     * @param images in a group
     * @param decoder makes the pictures of all groups at once
     * @throws NotFiniteException if latents are no numbers at the end; names the prompt
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
        velocity.set(Conditioning.of(texts));
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
        int rowsDrawn = trajectory.rows().length / prompts.size();
        checkFinite(trajectory.rows(), row -> "image %d of %s, iteration %d"
                .formatted(
                        row % rowsDrawn + 1,
                        Problems.quoted(prompts.get(row / rowsDrawn).text()),
                        iteration + 1));
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

    /** A picture for every row of noise by a deterministic plan; see {@link Drawing#of}. */
    public List<Image> draw(Plan plan, List<TextEmbedding> texts, float[][] noise, Decoder decoder) {
        return draw(Drawing.of(plan, texts, noise), decoder);
    }

    /**
     * A picture for every row of noise, in order.
     *
     * @throws NotFiniteException if latents are no numbers at the end
     */
    public List<Image> draw(Drawing drawing, Decoder decoder) {
        velocity.set(drawing.conditioning());
        Velocity watched = (step, rows) -> {
            float[][] velocities = velocity.at(step, rows);
            drawing.watcher().accept(step);
            return velocities;
        };
        float[][] rows = PlanExecutor.run(drawing.plan(), drawing.noise(), 1, watched, drawing.stepNoise())
                .rows();
        checkFinite(rows, row -> "picture %d of %d drawn together".formatted(row + 1, rows.length));
        return decoder.decode(rows);
    }

    private static void checkFinite(float[][] rows, IntFunction<String> picture) {
        for (int row = 0; row < rows.length; row++) {
            NotFinite found = NotFinite.in(rows[row]);
            if (found.any()) {
                throw new NotFiniteException(row, picture.apply(row), rows[row].length, found);
            }
        }
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
