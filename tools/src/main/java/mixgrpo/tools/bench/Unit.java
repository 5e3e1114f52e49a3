package mixgrpo.tools.bench;

import mixgrpo.tools.figures.Word;

/**
 * A piece of work that an iteration is made of.
 *
 * @param rows latents that it is done for at once; 0 where it does not depend on them
 */
record Unit(Part part, int rows) {

    /** Kinds of work. */
    enum Part {
        /** The engine is called for a batch of latents. */
        CALL,
        /** The engine in 8-bit integers is called for a batch of latents. */
        COARSE_CALL,
        /** A batch goes forward through the network that is trained. */
        FORWARD,
        /** A batch goes forward and backward. */
        PASS,
        /** A batch goes forward without gradients, for log-probs by the trainer. */
        REPLAY,
        /** Latents become pictures. */
        DECODE,
        /** Pictures are scored. */
        REWARD,
        /** The weights are updated from their gradients. */
        UPDATE,
        /** The engine gets the weights. */
        SYNC;

        String key() {
            return Word.of(this);
        }
    }

    static Unit of(Part part) {
        return new Unit(part, 0);
    }
}
