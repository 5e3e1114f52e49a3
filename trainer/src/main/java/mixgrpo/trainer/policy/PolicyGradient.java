package mixgrpo.trainer.policy;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import mixgrpo.models.Array;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.solvers.plan.Step;
import mixgrpo.trainer.loss.LossTerm;
import mixgrpo.trainer.loss.Outcome;
import mixgrpo.trainer.loss.PolicyLoss;
import mixgrpo.trainer.loss.StepKl;
import mixgrpo.trainer.torchscript.TrainableNetwork;

/**
 * Gradients of the loss by the policy's parameters, prompt by prompt, so that their sum does not depend on how prompts are spread
 * over workers. A shard costs one forward and one backward pass: all window steps are one batch, and latents that a group shares
 * are one row, whose output gradients are summed before the backward pass. Not for concurrent use.
 */
public final class PolicyGradient {

    private final TrainableNetwork network;
    private final TransformerInputs inputs;
    private final PolicyLoss loss;

    /**
     * @param network the policy, still the caller's
     * @param inputs how latents become the network's inputs
     */
    public PolicyGradient(TrainableNetwork network, TransformerInputs inputs, PolicyLoss loss) {
        this.network = network;
        this.inputs = inputs;
        this.loss = loss;
    }

    /**
     * Adds the gradient of the shard's loss to those of the network's parameters. Images without anything to learn from (advantage 0
     * and no other term in the loss) go through no pass, and without a gradient there is no backward pass.
     *
     * @throws IllegalArgumentException if the shard lacks what the loss needs of the old or the reference policy
     * @throws IllegalStateException if a loss or its derivative is not finite
     */
    public GradientStats add(Shard shard) {
        checkComplete(shard);
        int[] wanted = wanted(shard);
        PassCounts leftOut = PassCounts.leftOut(shard.images().length - wanted.length);
        List<Row> rows = Row.of(shard.group().transitions(), shard.images(), wanted);
        if (rows.isEmpty()) {
            return GradientStats.NONE.plus(PassCounts.SKIPPED).plus(leftOut);
        }
        try (TrainableNetwork.Pass pass = network.forward(batch(shard.group(), rows))) {
            Array output = pass.outputs().get(TransformerInputs.VELOCITY);
            float[] gradient = new float[output.values().length];
            GradientStats stats = gradient(shard, rows, output.values(), gradient);
            int flat = (int) IntStream.range(0, rows.size())
                    .filter(row -> isZero(slice(gradient, row)))
                    .count();
            if (flat == rows.size()) {
                return stats.plus(PassCounts.forwardOnly(flat)).plus(leftOut);
            }
            pass.backward(Map.of(TransformerInputs.VELOCITY, new Array(output.shape(), gradient)));
            return stats.plus(PassCounts.forwardAndBackward(rows.size(), flat)).plus(leftOut);
        }
    }

    /** The images that there is something to learn from, numbers within the shard. */
    private int[] wanted(Shard shard) {
        return IntStream.range(0, shard.images().length)
                .filter(i -> shard.advantages()[i] != 0 || !loss.needsAdvantage())
                .toArray();
    }

    /** What the policy says about a whole group now, without gradients. */
    public Replay replay(Group group) {
        int images =
                group.transitions().isEmpty() ? 0 : group.transitions().get(0).after().length;
        int[] all = IntStream.range(0, images).toArray();
        return replay(group, Row.of(group.transitions(), all, all), all);
    }

    /** The same about those images of a shard that {@link #add} would send through a pass, as the same batch. */
    Replay replay(Shard shard) {
        return replay(
                shard.group(), Row.of(shard.group().transitions(), shard.images(), wanted(shard)), shard.images());
    }

    /** @param images numbers within the group, which the rows' members count in */
    private Replay replay(Group group, List<Row> rows, int[] images) {
        Replay replay = Replay.ofNothing(group.transitions());
        if (rows.isEmpty()) {
            return replay;
        }
        float[] output = network.infer(batch(group, rows))
                .get(TransformerInputs.VELOCITY)
                .values();
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            float[] velocity = slice(output, i);
            float[][] velocities = replay.velocities()[row.position()];
            velocities[velocities.length == 1 ? 0 : images[row.members()[0]]] = velocity;
            for (int member : row.members()) {
                replay.logProbs()[row.position()][images[member]] = logProb(row, velocity, images[member]);
            }
        }
        return replay;
    }

    private void checkComplete(Shard shard) {
        if (loss.objective().needsMeans() && shard.old().isEmpty()) {
            throw new IllegalArgumentException(
                    "%s needs the means of the policy that sampled: replay the group before the first update (loss.oldLogProb=recompute)"
                            .formatted(loss.objective()));
        }
        if (loss.reference().isPresent() != shard.reference().isPresent()) {
            throw new IllegalArgumentException("reference policy: the loss has %s, the shard has %s"
                    .formatted(
                            loss.reference().isPresent() ? "one" : "none",
                            shard.reference().isPresent() ? "one" : "none"));
        }
    }

    /** Fills in the derivative of the loss by the network's output. */
    private GradientStats gradient(Shard shard, List<Row> rows, float[] output, float[] gradient) {
        double[] weights = loss.stepWeights()
                .of(shard.group().transitions().stream().map(t -> t.step()).toList());
        GradientStats stats = GradientStats.NONE;
        double[] sum = new double[inputs.elements()];
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            Arrays.fill(sum, 0);
            stats = stats.plus(gradient(shard, row, slice(output, i), weights[row.position()] * shard.factor(), sum));
            for (int k = 0; k < sum.length; k++) {
                gradient[i * sum.length + k] = (float) sum[k];
            }
        }
        return stats;
    }

    /** Adds the derivative of a row's loss by its velocity to {@code sum}. */
    private GradientStats gradient(Shard shard, Row row, float[] velocity, double factor, double[] sum) {
        Step step = row.transition().step();
        GradientStats stats = GradientStats.NONE;
        for (int member : row.members()) {
            int image = shard.images()[member];
            float[] old =
                    loss.objective().needsMeans() ? shard.old().orElseThrow().velocity(row.position(), image) : null;
            double logProb = logProb(row, velocity, image);
            Outcome outcome = new Outcome(
                    shard.advantages()[member],
                    logProb,
                    shard.oldLogProb(row.position(), image, logProb),
                    old == null ? Double.NaN : StepKl.GAUSSIAN.of(step, velocity, old));
            double engineLogProb = shard.engineLogProb(row.position(), image);
            LossTerm term = loss.of(step, outcome, engineLogProb);
            double byMeanSquare = factor * term.byLogProb() * step.logProb().scale();
            double byMeanShift = factor * term.byMeanShift();
            if (!Double.isFinite(term.value()) || !Double.isFinite(byMeanSquare) || !Double.isFinite(byMeanShift)) {
                throw diverged(shard.group(), image, step, outcome);
            }
            stats = stats.plus(GradientStats.of(term, factor, Math.abs(logProb - engineLogProb)));
            if (term.byLogProb() != 0) {
                float[] after = row.transition().after()[image];
                Deviation.addGradient(step.coefficients(), row.before(), velocity, after, byMeanSquare, sum);
            }
            if (term.byMeanShift() != 0) {
                StepKl.GAUSSIAN.addGradient(step, velocity, old, byMeanShift, sum);
            }
            if (loss.reference().isPresent()) {
                float[] reference = shard.reference().orElseThrow().velocity(row.position(), image);
                stats = stats.plus(pull(loss.reference().get(), step, velocity, reference, shard.factor(), sum));
            }
        }
        return stats;
    }

    private static GradientStats pull(
            PolicyLoss.Reference towards, Step step, float[] velocity, float[] reference, double factor, double[] sum) {
        double coefficient = factor * towards.coefficient();
        towards.distance().addGradient(step, velocity, reference, coefficient, sum);
        return GradientStats.ofReference(towards.distance().of(step, velocity, reference), coefficient);
    }

    private static IllegalStateException diverged(Group group, int image, Step step, Outcome outcome) {
        return new IllegalStateException(
                ("prompt %d, image %d, step %d: the loss or its derivative is not finite, log-prob %s, at sampling %s; has training diverged? "
                                + "(optimizer.learningRate, loss.clipRange)")
                        .formatted(group.prompt(), image, step.index(), outcome.logProb(), outcome.oldLogProb()));
    }

    private static double logProb(Row row, float[] velocity, int image) {
        Step step = row.transition().step();
        float[] after = row.transition().after()[image];
        return step.logProb().of(Deviation.meanSquare(step.coefficients(), row.before(), velocity, after));
    }

    private Map<String, Array> batch(Group group, List<Row> rows) {
        return inputs.of(
                rows.stream().map(Row::before).toList(),
                Collections.nCopies(rows.size(), group.embedding()),
                rows.stream()
                        .mapToDouble(row -> row.transition().step().modelSigma())
                        .toArray());
    }

    private float[] slice(float[] output, int row) {
        return Arrays.copyOfRange(output, row * inputs.elements(), (row + 1) * inputs.elements());
    }

    private static boolean isZero(float[] values) {
        for (float value : values) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }
}
