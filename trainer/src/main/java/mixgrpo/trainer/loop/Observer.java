package mixgrpo.trainer.loop;

import java.io.IOException;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.PhaseClock;

/** Sees every iteration: writes metrics, evaluates, draws, shows progress. */
public interface Observer {

    /**
     * @param measurements of the iteration; the observer may add some and must not keep it for changes
     * @param clock of the iteration, still running
     */
    void iterationDone(Measurements measurements, PhaseClock clock) throws IOException;

    /**
     * The number of iterations that the run shall have, asked after each.
     *
     * @param planned what it has now
     */
    default int planned(int planned) throws IOException {
        return planned;
    }

    /** Whether the run shall end after the iteration at hand. */
    boolean stops();
}
