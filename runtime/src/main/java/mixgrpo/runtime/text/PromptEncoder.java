package mixgrpo.runtime.text;

import java.util.List;
import java.util.function.IntConsumer;

/**
 * Turns prompts into what a policy is conditioned on, whatever text encoders its model has. Frozen: a prompt's embedding never
 * changes. Used by one thread at a time; whoever opens it closes it.
 */
public interface PromptEncoder extends AutoCloseable {

    /** Token positions of every embedding. */
    int length();

    /** Channels of a token's state: the transformer's {@code joint_attention_dim}. */
    int width();

    /** Channels of the pooled vector: the transformer's {@code pooled_projection_dim}. */
    int pooledWidth();

    /**
     * The embeddings of these prompts, in their order. Over-long prompts are cut, with one warning that shows what the first of
     * them lose.
     *
     * @param progress called after every prompt with the number of prompts done
     */
    List<TextEmbedding> encode(List<String> prompts, IntConsumer progress);

    /**
     * Makes sure that {@link #encode} can answer for these prompts without the encoders, from now on and after {@link #close}, if this
     * encoder keeps embeddings. One that keeps them on disk holds no more than one of them in memory meanwhile.
     *
     * @param progress called after every prompt with the number of prompts done
     */
    default void prepare(List<String> prompts, IntConsumer progress) {
        encode(prompts, progress);
    }

    /** The embedding of one prompt. */
    default TextEmbedding encode(String prompt) {
        return encode(List.of(prompt), done -> {}).get(0);
    }

    /** Gives the encoders' memory back; embeddings stay valid. */
    @Override
    void close();
}
