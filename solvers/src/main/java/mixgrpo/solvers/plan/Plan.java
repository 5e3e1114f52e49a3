package mixgrpo.solvers.plan;

import java.util.List;
import java.util.stream.IntStream;
import mixgrpo.solvers.plan.Step.Network;
import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.window.TrainedSteps;

/**
 * A whole trajectory: the steps from the first latents to the image, in order. {@link Planner} makes those of training.
 *
 * @param trained which of the window's steps an image is trained on
 */
public record Plan(List<Step> steps, TrainedSteps trained) {

    /** Every image is trained on every step of the window. */
    public Plan(List<Step> steps) {
        this(steps, TrainedSteps.ALL);
    }

    public Plan {
        steps = List.copyOf(steps);
        if (steps.isEmpty()) {
            throw new IllegalArgumentException("a plan needs at least one step");
        }
    }

    /** Inference: every step deterministic, every image from a start of its own. */
    public static Plan ode(SigmaSchedule schedule, DpmSolver solver) {
        StepList steps = new StepList(schedule, ModelTime.EXACT, false, 0);
        steps.solve(solver, schedule.steps());
        return steps.plan(TrainedSteps.ALL);
    }

    /**
     * Inference with fresh noise at every step but the last, which goes to the image without any; every image from a start of its
     * own. No log-prob is kept.
     */
    public static Plan sde(SigmaSchedule schedule, Kernel kernel) {
        StepList steps = new StepList(schedule, ModelTime.EXACT, false, 0);
        steps.diffuse(kernel, schedule.steps() - 1, schedule.sigma(1));
        steps.solve(DpmSolver.FIRST_ORDER, schedule.steps());
        return steps.plan(TrainedSteps.ALL);
    }

    /** The steps whose log-prob is kept: the window. */
    public List<Step> scored() {
        return steps.stream().filter(Step::isScored).toList();
    }

    /**
     * The numbers of the steps that an image is trained on, in rising order.
     *
     * @param image a number that is the image's own within the iteration
     */
    public int[] trainedSteps(int iteration, long image) {
        return trained.of(scored().stream().mapToInt(Step::index).toArray(), iteration, image);
    }

    /** How many steps each image is trained on. */
    public int trainedPerImage() {
        return trained.of(scored().size());
    }

    /** Whether the trajectory starts with one row for a group rather than one for each image. */
    public boolean startsShared() {
        return steps.get(0).shared();
    }

    /** Rows that the network sees for a group of so many images: a shared step counts 1, every other one each image. */
    public long networkRows(int images) {
        return steps.stream().mapToLong(step -> step.shared() ? 1 : images).sum();
    }

    /** Network calls per image in a group of so many images. */
    public double nfePerImage(int images) {
        return (double) networkRows(images) / images;
    }

    /**
     * Hybrid inference (arXiv 2507.21802): a share of the steps, from the first on, by the tuned network, the rest by the one it was
     * tuned from.
     *
     * @param pMix the share, in [0, 1]; of n steps it is floor(pMix n + 1/2)
     */
    public Plan hybrid(double pMix) {
        if (!(pMix >= 0 && pMix <= 1)) {
            throw new IllegalArgumentException("p_mix: expected a share in [0, 1], got " + pMix);
        }
        return withBaseAfter((int) Math.floor(pMix * steps.size() + .5));
    }

    /** Hybrid inference: the first {@code tuned} steps by the tuned network, the rest by the one it was tuned from. */
    public Plan withBaseAfter(int tuned) {
        if (tuned < 0 || tuned > steps.size()) {
            throw new IllegalArgumentException(
                    "hybrid: expected 0..%d steps by the tuned network, got %d".formatted(steps.size(), tuned));
        }
        return new Plan(
                IntStream.range(0, steps.size())
                        .mapToObj(i -> i < tuned ? steps.get(i) : steps.get(i).on(Network.BASE))
                        .toList(),
                trained);
    }

    /** The same plan with every step outside the window by {@code network}. */
    public Plan withUnscoredBy(Network network) {
        return new Plan(
                steps.stream()
                        .map(step -> step.isScored() ? step : step.on(network))
                        .toList(),
                trained);
    }
}
