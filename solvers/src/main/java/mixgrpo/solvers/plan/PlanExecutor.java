package mixgrpo.solvers.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mixgrpo.solvers.step.StepCoefficients;

/**
 * The one loop that runs a plan: over rows of latents, one per group or one per image, each a float array of the D
 * elements of an image. Coefficients are double, latents float32, log-probs double. Every operation is elementwise
 * within a row, so a row's result does not depend on the others.
 */
public final class PlanExecutor {

    private final Plan plan;
    private final int images;
    private final Velocity velocity;
    private final StepNoise noise;
    private final Kept kept;

    private PlanExecutor(Plan plan, int images, Velocity velocity, StepNoise noise, Kept kept) {
        this.plan = plan;
        this.images = images;
        this.velocity = velocity;
        this.noise = noise;
        this.kept = kept;
    }

    /** Runs the plan and keeps all of the window: see the longer form. */
    public static Trajectory run(Plan plan, float[][] start, int images, Velocity velocity, StepNoise noise) {
        return run(plan, start, images, velocity, noise, Kept.ALL);
    }

    /**
     * Runs the plan for groups of {@code images} images.
     *
     * @param start first latents, left as they are: one row per group if {@link Plan#startsShared}, otherwise one
     *     per image, group by group
     * @param kept what the transitions hold
     * @throws IllegalArgumentException if start is empty, uneven, or no whole number of groups
     * @throws IllegalStateException if the velocity answers with other rows than it was asked for
     */
    public static Trajectory run(
            Plan plan, float[][] start, int images, Velocity velocity, StepNoise noise, Kept kept) {
        if (images < 1 || start.length == 0 || (!plan.startsShared() && start.length % images != 0)) {
            throw new IllegalArgumentException(
                    "first latents: expected a row per %s in groups of %d images, got %d rows"
                            .formatted(plan.startsShared() ? "group" : "image", images, start.length));
        }
        if (!areRows(start, start.length, start[0].length)) {
            throw new IllegalArgumentException("first latents: expected rows of one length");
        }
        return new PlanExecutor(plan, images, velocity, noise, kept).run(start);
    }

    private Trajectory run(float[][] start) {
        int elements = start[0].length;
        float[] z = new float[elements];
        List<Transition> transitions = new ArrayList<>();
        float[][] rows = start;
        float[][] last = null;
        float[][] secondLast = null;
        boolean ours = false; // whether rows may be overwritten
        for (Step step : plan.steps()) {
            float[][] velocities = velocity.at(step, rows);
            if (!areRows(velocities, rows.length, elements)) {
                throw new IllegalStateException("velocities of step %d: expected %d rows of %d elements, got %d rows"
                        .formatted(step.index(), rows.length, elements, velocities.length));
            }
            float[][] estimates = step.records() == null ? null : estimates(step, rows, velocities);
            int count = step.shared() && step.diverges() ? rows.length * images : rows.length;
            float[][] next = ours && !step.diverges() ? rows : new float[count][elements];
            if (step.diverges()) {
                double[] deviations = new double[count];
                for (int image = 0; image < count; image++) {
                    int row = image / (count / rows.length);
                    noise.fill(step, image, z);
                    deviations[image] =
                            StepArithmetic.sample(step.coefficients(), rows[row], velocities[row], z, next[image]);
                }
                if (step.isScored()) {
                    transitions.add(transition(step, rows, next, deviations));
                }
            } else {
                for (int row = 0; row < count; row++) {
                    move(step, rows[row], velocities[row], of(last, row, count), of(secondLast, row, count), next[row]);
                }
            }
            ours = !step.isScored();
            rows = next;
            secondLast = last;
            last = estimates;
        }
        return new Trajectory(rows, List.copyOf(transitions));
    }

    private static void move(Step step, float[] x, float[] velocity, float[] last, float[] secondLast, float[] target) {
        StepCoefficients coefficients = step.coefficients();
        if (!step.looksBack()) {
            StepArithmetic.move(coefficients.keep(), x, coefficients.drive(), velocity, target);
        } else {
            StepArithmetic.move(coefficients, x, velocity, last, secondLast == null ? last : secondLast, target);
        }
    }

    private static float[][] estimates(Step step, float[][] rows, float[][] velocities) {
        float[][] estimates = new float[rows.length][rows[0].length];
        double drive = step.records().drive(step.sigma());
        for (int row = 0; row < rows.length; row++) {
            StepArithmetic.move(1, rows[row], drive, velocities[row], estimates[row]);
        }
        return estimates;
    }

    /** A row of estimates that may stem from before the groups diverged. */
    private static float[] of(float[][] estimates, int row, int count) {
        return estimates == null ? null : estimates[row / (count / estimates.length)];
    }

    /** What is kept of a step: references to the rows of the images that are trained on it. */
    private Transition transition(Step step, float[][] rows, float[][] next, double[] deviations) {
        float[][] before = rows.clone();
        float[][] after = next.clone();
        double[] logProbs = new double[next.length];
        for (int image = 0; image < next.length; image++) {
            if (kept.contains(step, image)) {
                logProbs[image] = step.logProb().of(deviations[image]);
            } else {
                logProbs[image] = Double.NaN;
                after[image] = null;
                if (before.length == after.length) {
                    before[image] = null;
                }
            }
        }
        return new Transition(step, before, after, logProbs);
    }

    private static boolean areRows(float[][] rows, int count, int elements) {
        return rows.length == count && Arrays.stream(rows).allMatch(row -> row.length == elements);
    }
}
