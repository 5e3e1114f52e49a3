package mixgrpo.runtime.text;

/**
 * A prompt as a policy sees it. Arrays are shared with the encoder's cache: callers must not change them.
 *
 * @param length the fixed number of token positions that {@link #states()} is padded to
 * @param tokens how many of them hold states; the others are zero. Encoders that attend to their padding, such as T5 in FLUX, have
 *     states for all
 * @param tokenStates the states of these tokens, [tokens, width]
 * @param pooled one vector for the whole prompt, [pooledWidth]
 */
public record TextEmbedding(int length, int tokens, float[] tokenStates, float[] pooled) {

    public TextEmbedding {
        if (tokens < 1 || tokens > length || tokenStates.length % tokens != 0) {
            throw new IllegalArgumentException(
                    "text embedding: expected 1..%d tokens and a state for each, got %d tokens and %d values"
                            .formatted(length, tokens, tokenStates.length));
        }
    }

    /** Channels of a token's state. */
    public int width() {
        return tokenStates.length / tokens;
    }

    /** The states of all positions, [length, width], zero behind the tokens; a new array of the caller. */
    public float[] states() {
        float[] states = new float[length * width()];
        System.arraycopy(tokenStates, 0, states, 0, tokenStates.length);
        return states;
    }
}
