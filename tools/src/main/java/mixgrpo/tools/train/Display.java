package mixgrpo.tools.train;

import java.io.IOException;

/** Where a run says how far it is. */
public interface Display {

    /**
     * So many iterations are done.
     *
     * @param remark what the last one has brought, a few words
     */
    void update(int done, String remark);

    /** The run will have so many iterations, and no limit of time any more: where it goes on later, it makes as many. */
    void planned(int iterations) throws IOException;

    /** Training is over, and so many pictures are measured. */
    void measured(int done, int all);

    /** A line of its own. */
    void say(String text);
}
