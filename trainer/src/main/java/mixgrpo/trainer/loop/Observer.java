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

    /** Whether the run shall end after the iteration at hand. */
    boolean stops();
}
