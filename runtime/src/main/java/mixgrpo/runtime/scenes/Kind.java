package mixgrpo.runtime.scenes;

/** The forms a prompt takes. */
public enum Kind {
    /** "a red circle" */
    SINGLE(1),
    /** "three green stars" */
    COUNT(1),
    /** "a red circle and a blue star" */
    PAIR(2),
    /** "a red circle left of a blue star" */
    RELATION(2),
    /** "two red circles and a blue star" */
    COUNT_AND_ONE(2),
    /** "a red circle, a blue star and a pink ring" */
    TRIPLE(3);

    private final int phrases;

    Kind(int phrases) {
        this.phrases = phrases;
    }

    /** How many noun phrases a prompt of this kind has. */
    public int phrases() {
        return phrases;
    }
}
