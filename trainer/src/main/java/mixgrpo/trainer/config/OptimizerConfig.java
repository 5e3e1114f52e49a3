package mixgrpo.trainer.config;

/**
 * AdamW (arXiv 1711.05101) and the learning rate.
 *
 * @param learningRate the learning rate before its schedule
 * @param schedule how the learning rate changes over the run
 * @param fallShare share of the run, its end, over which a {@code linear} schedule falls
 * @param fallTo share of the learning rate that a {@code linear} schedule falls to
 * @param warmup iterations at the beginning over which the learning rate rises in a straight line, so that the first updates, whose
 *     moments are those of one gradient, change little; 0 for none
 * @param weightDecay share of the learning rate by which weights shrink at an update, decoupled from the gradient
 * @param maxGradNorm largest norm of all gradients together; larger ones are scaled down to it
 * @param minibatches updates in one iteration, each from its part of every prompt's images
 * @param remainder what becomes of images where they are no multiple of {@code minibatches}
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 * @param emaDecay decay at an update of the moving average of the weights, which is evaluated and saved; 0 keeps no average
 */
public record OptimizerConfig(
        double learningRate,
        Schedule schedule,
        double fallShare,
        double fallTo,
        int warmup,
        double weightDecay,
        double maxGradNorm,
        int minibatches,
        Remainder remainder,
        double beta1,
        double beta2,
        double epsilon,
        double emaDecay) {

    /** The learning rate over the run. */
    public enum Schedule {
        CONSTANT,
        /** Constant first, then falling in a straight line over the last {@code fallShare} of the run. */
        LINEAR
    }

    /** What becomes of images where they are no multiple of the updates. */
    public enum Remainder {
        /** Some updates have one image more; each update's loss is a mean over its own. */
        USED,
        /** Updates are of one size, and the last images are not trained on. */
        DROPPED
    }

    public OptimizerConfig {
        new Faults()
                .positive("optimizer.learningRate", learningRate)
                .share("optimizer.fallShare", fallShare)
                .expect(fallTo >= 0 && fallTo <= 1, "optimizer.fallTo", "a share from 0 to 1", fallTo)
                .notNegative("optimizer.warmup", warmup)
                .notNegative("optimizer.weightDecay", weightDecay)
                .expect(maxGradNorm > 0, "optimizer.maxGradNorm", "a positive number or infinity", maxGradNorm)
                .count("optimizer.minibatches", minibatches)
                .expect(isDecay(beta1), "optimizer.beta1", "0 or more and below 1", beta1)
                .expect(isDecay(beta2), "optimizer.beta2", "0 or more and below 1", beta2)
                .positive("optimizer.epsilon", epsilon)
                .expect(isDecay(emaDecay), "optimizer.emaDecay", "0 or more and below 1", emaDecay)
                .throwIfAny();
    }

    private static boolean isDecay(double value) {
        return value >= 0 && value < 1;
    }

    /** The same without the images that do not fill an update. */
    public OptimizerConfig droppingRemainder() {
        return new OptimizerConfig(
                learningRate,
                schedule,
                fallShare,
                fallTo,
                warmup,
                weightDecay,
                maxGradNorm,
                minibatches,
                Remainder.DROPPED,
                beta1,
                beta2,
                epsilon,
                emaDecay);
    }

    /** How many of a prompt's images come before an update (from 0): it has those up to the next one's. */
    public int imagesBefore(int update, int images) {
        return remainder == Remainder.USED ? update * images / minibatches : update * (images / minibatches);
    }

    /** The learning rate of the updates in {@code iteration} (from 0) of {@code iterations}. */
    public double learningRateAt(int iteration, int iterations) {
        double risen = Math.min(1, (iteration + 1.) / (warmup + 1));
        double left = (double) (iterations - iteration) / iterations;
        boolean falls = schedule == Schedule.LINEAR && left < fallShare;
        return learningRate * risen * (falls ? fallTo + (1 - fallTo) * left / fallShare : 1);
    }
}
