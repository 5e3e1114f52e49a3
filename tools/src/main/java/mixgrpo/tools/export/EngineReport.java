package mixgrpo.tools.export;

import mixgrpo.tools.figures.Figures;

/** What came of engines that were held against something. */
public interface EngineReport extends Figures {

    /** Whether none failed. */
    boolean passed();

    /** For a person to read. */
    String table();
}
