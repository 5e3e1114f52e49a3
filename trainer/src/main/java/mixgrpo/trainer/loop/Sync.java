package mixgrpo.trainer.loop;

import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    /** Tens of linear layers in half precision were seen to differ by 2e-3. */
    private static final double FP16_LIMIT = 2e-2;
    /** A linear layer in bfloat16 rounds by 4e-3, in 8-bit integers by as much; tens of them in a row differ by some hundredths. */
    private static final double COARSE_LIMIT = .2;

    /** The limit for a configuration's number formats. */
    public static double parityLimit(TrainConfig config) {
        double ofEngine =
                switch (config.rollout().precision()) {
                    case FP32 -> FP32_LIMIT;
                    case FP16 -> FP16_LIMIT;
                    case BF16, INT8 -> COARSE_LIMIT;
                };
        return config.train().precision() == Precision.BF16 ? COARSE_LIMIT : ofEngine;
    }

    /**
     * Hands over the weights after so many iterations if it is time, and compares velocities.
     *
     * @param weights of the policy
     * @param policy what it gives for the inputs of a batch
     * @param groups that were sampled last, where a latent for that is found
     * @throws IllegalStateException if the engine does not take the weights, or its velocity is beyond the limit: what it would sample by is
     *     not known
     */
    SyncStats update(
            int iterationsDone, Weights weights, UnaryOperator<Map<String, Array>> policy, List<Group> groups) {
        if (!isUpToDate(iterationsDone)) {
            return SyncStats.NONE;
        }
        try {
            engine.update(weights);
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "the engine that samples did not take the weights of iteration %d, and a run does not go on with stale ones: %s"
                            .formatted(iterationsDone - 1, e.getMessage()),
                    e);
        }
        long elements =
                weights.shapes().values().stream().mapToLong(Array::elements).sum();
        return new SyncStats(Float.BYTES * elements, parity(policy, groups));
    }

    /** How far the engine is from the policy at a latent that was sampled; nothing where there is none. */
    private OptionalDouble parity(UnaryOperator<Map<String, Array>> policy, List<Group> groups) {
        Optional<Group> sampled =
                groups.stream().filter(group -> !group.transitions().isEmpty()).findFirst();
        if (sampled.isEmpty()) {
            return OptionalDouble.empty();
        }
        Transition first = sampled.get().transitions().get(0);
        double[] sigma = {first.step().modelSigma()};
        Map<String, Array> batch = engine.inputs()
                .of(List.of(first.before()[0]), List.of(sampled.get().embedding()), sigma);
        double parity = distance(policy.apply(batch).get(TransformerInputs.VELOCITY), engine.velocity(batch));
        if (!(parity <= parityLimit)) {
            throw new IllegalStateException(
                    "after a sync the velocity of the engine that samples differs from the policy's by %.3g of its length, expected at most %.3g: it did not take all weights, or computes something else (tools/export verify)"
                            .formatted(parity, parityLimit));
        }
        return OptionalDouble.of(parity);
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
