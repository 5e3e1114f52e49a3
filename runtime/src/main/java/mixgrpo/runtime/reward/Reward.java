package mixgrpo.runtime.reward;

import java.util.List;
import java.util.Optional;
import mixgrpo.runtime.image.Image;

/**
 * Scores pictures against their prompts, more is better. To add one, implement this with a public constructor without
 * arguments and name the class in {@code META-INF/services/mixgrpo.runtime.reward.Reward} of a jar on the class path; a
 * configuration then uses it as {@code rewards.<name>}.
 *
 * <p>An instance lives as long as a run and may be called from any thread, but never from two at once. Scores must depend on
 * each picture and its prompt alone: the same pair gets the same score in any batch and any order.
 */
public interface Reward extends AutoCloseable {
    /** The name in configurations, metrics and reports: letters, digits, {@code -} and {@code _}. */
    String name();

    /**
     * Scores a batch, one picture per prompt. Any scale will do, since rewards are normalised within the pictures of a prompt.
     * A picture that cannot be scored is given as a failure, which leaves it out of this reward and no other; an exception
     * ends the run.
     */
    Scores score(List<Image> images, List<String> prompts);

    /**
     * Why pictures of this prompt and size can never be scored; empty if they can. Asked once for every prompt before a run begins, so
     * that it does not begin in vain; by default nothing is refused.
     *
     * @param width of the pictures in pixels
     * @param height of the pictures in pixels
     */
    default Optional<String> refusal(String prompt, int width, int height) {
        return Optional.empty();
    }

    /** Frees what the reward holds, such as a model; by default nothing. */
    @Override
    default void close() {}
}
