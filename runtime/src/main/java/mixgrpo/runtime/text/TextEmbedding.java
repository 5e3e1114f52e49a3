package mixgrpo.runtime.text;

/**
 * A prompt as a policy sees it. Arrays are shared with the encoder's cache: callers must not change them.
 *
 * @param length the fixed number of token positions that {@link #states()} is padded to
 * @param tokens how many of them are real
 * @param tokenStates the real tokens' states, [tokens, {@value #WIDTH}]
 * @param pooled the states' mean over the real tokens, scaled to length sqrt({@value #WIDTH}), [{@value #WIDTH}]
 */
public record TextEmbedding(int length, int tokens, float[] tokenStates, float[] pooled) {

    /** Channels of a token's state and of the pooled vector. */
    public static final int WIDTH = 384;

    static TextEmbedding of(int length, float[] tokenStates) {
        int tokens = tokenStates.length / WIDTH;
        double[] sum = new double[WIDTH];
        for (int i = 0; i < tokenStates.length; i++) {
            sum[i % WIDTH] += tokenStates[i];
        }
        double squares = 0;
        for (double value : sum) {
            squares += value * value;
        }
        double scale = Math.sqrt(WIDTH / squares);
        float[] pooled = new float[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            pooled[i] = (float) (sum[i] * scale);
        }
        return new TextEmbedding(length, tokens, tokenStates, pooled);
    }

    /** The states of all positions, [length, {@value #WIDTH}], zero behind the real tokens; a new array of the caller. */
    public float[] states() {
        float[] states = new float[length * WIDTH];
        System.arraycopy(tokenStates, 0, states, 0, tokenStates.length);
        return states;
    }
}
