package mixgrpo.tools.train;

import mixgrpo.models.weights.ReadProgress;

/** Told how far reading is while a run opens: weights and encoders' files, then prompts. Not told where there is nothing to read. */
public interface Reading {

    /** For who does not watch. */
    Reading UNWATCHED = new Reading() {
        @Override
        public ReadProgress of(String what) {
            return ReadProgress.UNWATCHED;
        }

        @Override
        public void prompts(int done, int all) {}
    };

    /**
     * What is told of something large.
     *
     * @param what in a few words: "the weights checked"
     */
    ReadProgress of(String what);

    /** So many prompts have gone through the text encoders. */
    void prompts(int done, int all);
}
