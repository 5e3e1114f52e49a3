package mixgrpo.runtime.rollout;

import java.util.List;
import mixgrpo.runtime.text.TextEmbedding;

/**
 * What pictures are drawn of, and what is kept away from: true classifier-free guidance (arXiv 2207.12598), for which the network is
 * asked twice a step, {@code velocity = negative + scale * (positive - negative)}. It is a second guidance beside the one that some
 * networks take as an input.
 *
 * @param texts the prompt of every group of rows
 * @param negative one for every prompt, or none for a single call a step
 * @param scale above 1 where there are negative prompts; 1 without
 */
public record Conditioning(List<TextEmbedding> texts, List<TextEmbedding> negative, double scale) {

    public Conditioning {
        texts = List.copyOf(texts);
        negative = List.copyOf(negative);
        if (!negative.isEmpty() && negative.size() != texts.size()) {
            throw new IllegalArgumentException("negative prompts: expected one for each of %d prompts, got %d"
                    .formatted(texts.size(), negative.size()));
        }
        if (negative.isEmpty() ? scale != 1 : !(scale > 1 && scale < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "true CFG: expected a scale above 1 with negative prompts and 1 without, got %s with %d"
                            .formatted(scale, negative.size()));
        }
    }

    /** Prompts alone. */
    public static Conditioning of(List<TextEmbedding> texts) {
        return new Conditioning(texts, List.of(), 1);
    }
}
