package mixgrpo.models.text;

import mixgrpo.models.Array;

/** Rows of token ids as an input of a network. */
final class TokenIds {

    private TokenIds() {}

    /**
     * {@code [rows, tokens]}
     *
     * @param vocabulary number of ids that the network knows
     * @throws IllegalArgumentException if an id is not among them, or rows differ in length
     */
    static Array array(int[][] ids, int vocabulary) {
        int tokens = ids[0].length;
        float[] values = new float[ids.length * tokens];
        for (int row = 0; row < ids.length; row++) {
            if (ids[row].length != tokens) {
                throw new IllegalArgumentException(
                        "token ids: expected rows of %d, got %d in row %d".formatted(tokens, ids[row].length, row));
            }
            for (int i = 0; i < tokens; i++) {
                if (ids[row][i] < 0 || ids[row][i] >= vocabulary) {
                    throw new IllegalArgumentException(
                            "token id %d: expected 0..%d (vocab_size of the text encoder); are tokenizer and text encoder of one model?"
                                    .formatted(ids[row][i], vocabulary - 1));
                }
                values[row * tokens + i] = ids[row][i];
            }
        }
        return Array.of(values, ids.length, tokens);
    }
}
