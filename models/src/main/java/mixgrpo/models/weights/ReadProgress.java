package mixgrpo.models.weights;

/** Told how far reading something large is; units are the reader's, bytes or values. */
@FunctionalInterface
public interface ReadProgress {

    /** For who does not watch. */
    ReadProgress UNWATCHED = (done, all) -> {};

    /**
     * @param done what has been read, at most {@code all}
     * @param all what there is to read, above 0
     */
    void update(long done, long all);
}
