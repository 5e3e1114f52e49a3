package mixgrpo.runtime.rollout;

import java.util.List;
import mixgrpo.runtime.image.Image;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.solvers.plan.Transition;

/**
 * The images of one prompt in one iteration and the window steps that led to them: plain data, a function of the run's seed, the
 * iteration, the prompt and the weights.
 *
 * @param prompt number of the prompt in the run's list
 * @param text of the prompt
 * @param embedding of the text
 * @param transitions the window's steps in order; rows of this group only: {@code before} has one row while the group shares
 *     its latents, otherwise one an image; {@code after} one an image
 * @param images decoded, in order
 */
public record Group(
        int iteration,
        int prompt,
        String text,
        TextEmbedding embedding,
        List<Transition> transitions,
        List<Image> images) {

    public Group {
        transitions = List.copyOf(transitions);
        images = List.copyOf(images);
    }
}
