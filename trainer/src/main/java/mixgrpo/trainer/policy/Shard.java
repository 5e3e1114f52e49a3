package mixgrpo.trainer.policy;

import java.util.Arrays;
import java.util.Optional;
import mixgrpo.runtime.rollout.Group;

/**
 * What one gradient is taken of: some images of one group.
 *
 * @param group all images of the prompt and their window steps
 * @param images which of them, numbers within the group
 * @param advantages one for each of these images
 * @param factor of every (image, step) in the loss, 1 / their number in the update
 * @param current whether the policy itself is the one that sampled, no update having been made since: then its own log-probs are the old
 *     ones
 * @param old what the policy that sampled says, where its log-probs are not taken from the rollout or its means are needed
 * @param reference what the reference policy says, where the loss pulls towards one
 */
public record Shard(
        Group group,
        int[] images,
        double[] advantages,
        double factor,
        boolean current,
        Optional<Replay> old,
        Optional<Replay> reference) {

    public Shard {
        int size =
                group.transitions().isEmpty() ? 0 : group.transitions().get(0).after().length;
        if (images.length != advantages.length || Arrays.stream(images).anyMatch(image -> image < 0 || image >= size)) {
            throw new IllegalArgumentException(
                    "prompt %d: expected numbers of images below %d and an advantage for each, got images %s, advantages %s"
                            .formatted(group.prompt(), size, Arrays.toString(images), Arrays.toString(advantages)));
        }
        if (Arrays.stream(advantages).anyMatch(advantage -> !Double.isFinite(advantage))) {
            throw new IllegalArgumentException("prompt %d: expected finite advantages, got %s"
                    .formatted(group.prompt(), Arrays.toString(advantages)));
        }
    }

    /** With the rollout's log-probs, without reference. */
    public static Shard of(Group group, int[] images, double[] advantages, double factor) {
        return new Shard(group, images, advantages, factor, false, Optional.empty(), Optional.empty());
    }

    /** The same before the first update: with the policy's own log-probs for the old ones. */
    Shard ofCurrent() {
        return new Shard(group, images, advantages, factor, true, old, reference);
    }

    public Shard withOld(Replay replay) {
        return new Shard(group, images, advantages, factor, current, Optional.of(replay), reference);
    }

    public Shard withReference(Replay replay) {
        return new Shard(group, images, advantages, factor, current, old, Optional.of(replay));
    }

    /** @param now the policy's own */
    double oldLogProb(int step, int image, double now) {
        if (current) {
            return now;
        }
        return old.isPresent() ? old.get().logProbs()[step][image] : engineLogProb(step, image);
    }

    /** What the engine gave it when it sampled. */
    double engineLogProb(int step, int image) {
        return group.transitions().get(step).logProbs()[image];
    }
}
