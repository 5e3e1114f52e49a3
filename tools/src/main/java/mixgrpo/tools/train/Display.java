package mixgrpo.tools.train;

/** Where a run says how far it is. */
public interface Display {

    /**
     * So many iterations are done.
     *
     * @param remark what the last one has brought, a few words
     */
    void update(int done, String remark);

    /** A line of its own. */
    void say(String text);
}
