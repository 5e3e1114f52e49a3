package mixgrpo.models.contract;

/** What a suite does with each of its cases. */
interface Checks {

    void check(OpCase opCase);
}
