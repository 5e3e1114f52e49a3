package mixgrpo.tools.train;

/** Told how far a model's text encoders are with the prompts of a run, while it opens; not told where they have nothing to read. */
@FunctionalInterface
public interface Reading {

    /** For who does not watch. */
    Reading UNWATCHED = (done, all) -> {};

    void update(int done, int all);
}
