package mixgrpo.trainer.loop;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.Group;
import mixgrpo.runtime.rollout.TransformerInputs;
import mixgrpo.solvers.plan.Transition;
import mixgrpo.trainer.config.TrainConfig;
import mixgrpo.trainer.torchscript.Precision;

/**
 * Gives the sampling engine the policy's weights, and looks whether it follows.
 *
 * @param engine that samples
 * @param every iterations between two times
 * @param parityLimit largest distance between the engine's velocity and the policy's after a sync, as a share of its length
 */
public record Sync(SamplingEngine engine, int every, double parityLimit) {

    /** Sums in another order differ by a hundredth of that. */
    private static final double FP32_LIMIT = 1e-3;
    /** A linear layer in bfloat16 rounds by 4e-3; tens of them in a row differ by some hundredths. */
    private static final double BF16_LIMIT = .2;

    /** The limit for a configuration's number formats. */
    public static double parityLimit(TrainConfig config) {
        return config.train().precision() == Precision.BF16 ? BF16_LIMIT : FP32_LIMIT;
    }

    /**
     * Hands over the weights after so many iterations if it is time.
     *
     * @return how many bytes; 0 if it was not time
     * @throws IllegalStateException if the engine does not take them: what it would sample by is not known
     */
    long update(int iterationsDone, Weights weights) {
        if (!isUpToDate(iterationsDone)) {
            return 0;
        }
        try {
            engine.update(weights);
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "the engine that samples did not take the weights of iteration %d, and a run does not go on with stale ones: %s"
                            .formatted(iterationsDone - 1, e.getMessage()),
                    e);
        }
        return Float.BYTES
                * weights.shapes().values().stream().mapToLong(Array::elements).sum();
    }

    /**
     * How far the engine is from the policy at a latent that was sampled: length of the difference of velocities as a share of the policy's.
     *
     * @param policy what it gives for the inputs of a batch
     * @return nothing where there is no such latent
     * @throws IllegalStateException if it is beyond the limit: an engine that took a part of the weights, or computes something else
     */
    OptionalDouble parity(UnaryOperator<Map<String, Array>> policy, List<Group> groups) {
        for (Group group : groups) {
            if (!group.transitions().isEmpty()) {
                Transition first = group.transitions().get(0);
                TransformerInputs inputs = engine.inputs();
                double[] sigma = {first.step().modelSigma()};
                Map<String, Array> batch = inputs.of(List.of(first.before()[0]), List.of(group.embedding()), sigma);
                double parity = distance(policy.apply(batch).get(TransformerInputs.VELOCITY), engine.velocity(batch));
                if (!(parity <= parityLimit)) {
                    throw new IllegalStateException(
                            "after a sync the velocity of the engine that samples differs from the policy's by %.3g of its length, expected at most %.3g: it did not take all weights, or computes something else (tools/export verify)"
                                    .formatted(parity, parityLimit));
                }
                return OptionalDouble.of(parity);
            }
        }
        return OptionalDouble.empty();
    }

    private static double distance(Array expected, Array actual) {
        double errors = 0;
        double squares = 0;
        for (int i = 0; i < expected.values().length; i++) {
            double error = (double) actual.values()[i] - expected.values()[i];
            errors += error * error;
            squares += (double) expected.values()[i] * expected.values()[i];
        }
        return errors == 0 ? 0 : Math.sqrt(errors / squares);
    }

    /** Whether the engine has the policy's weights once so many iterations are done. */
    boolean isUpToDate(int iterationsDone) {
        return iterationsDone % every == 0;
    }
}
