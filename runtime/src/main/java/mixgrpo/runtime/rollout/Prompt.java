package mixgrpo.runtime.rollout;

import java.util.function.Supplier;
import mixgrpo.runtime.text.TextEmbedding;

/**
 * A prompt of a run: its number in the run's list, which noise is keyed by, its words, and where what the text encoder made of them
 * lies. A large model's embedding has megabytes, so that those of many prompts may be on disk.
 */
public record Prompt(int number, String text, Supplier<TextEmbedding> source) {

    /** With an embedding in memory. */
    public Prompt(int number, String text, TextEmbedding embedding) {
        this(number, text, () -> embedding);
    }

    /** What the text encoder made of the words; perhaps read anew from disk, so keep it while it is used. */
    public TextEmbedding embedding() {
        return source.get();
    }
}
