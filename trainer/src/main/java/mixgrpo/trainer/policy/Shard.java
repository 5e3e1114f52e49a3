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
 * @param old what the policy that sampled says, where its log-probs are not taken from the rollout or its means are needed
 * @param reference what the reference policy says, where the loss pulls towards one
 */
public record Shard(
        Group group,
        int[] images,
        double[] advantages,
        double factor,
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
        return new Shard(group, images, advantages, factor, Optional.empty(), Optional.empty());
    }

    public Shard withOld(Replay replay) {
        return new Shard(group, images, advantages, factor, Optional.of(replay), reference);
    }

    public Shard withReference(Replay replay) {
        return new Shard(group, images, advantages, factor, old, Optional.of(replay));
    }

    double oldLogProb(int step, int image) {
        return old.isPresent()
                ? old.get().logProbs()[step][image]
                : group.transitions().get(step).logProbs()[image];
    }
}
