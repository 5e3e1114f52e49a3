package mixgrpo.solvers.window;

/** What follows the last position of a window. */
public enum WindowEnd {
    /** The first position again (the published scripts). */
    ROLLBACK,
    /** It stays (the paper's rule, arXiv 2507.21802, algorithm 1). */
    CLAMP,
    /** Training ends. */
    STOP,
    /** It goes back the way it came, and forth again; either end is held once per turn. */
    BOUNCE
}
