package mixgrpo.tools.export;

import mixgrpo.tools.failure.GivenException;

/**
 * How large the inputs are that engines are tried on.
 *
 * @param batch rows
 * @param side of a picture in pixels; smaller where a model takes only smaller ones
 * @param textTokens of a prompt; fewer where an encoder takes fewer
 * @param seed of their values
 */
public record ProbeSizes(int batch, int side, int textTokens, long seed) {

    private static final int MOST = 1 << 16;

    public ProbeSizes {
        check("--batch", batch, 1);
        check("--side", side, 8);
        check("--text-tokens", textTokens, 2);
    }

    private static void check(String option, int value, int least) {
        if (value < least || value > MOST) {
            throw new GivenException("%s: expected %d..%d, got %d".formatted(option, least, MOST, value));
        }
    }
}
