package mixgrpo.trainer.loop;

import java.io.IOException;
import java.util.List;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.solvers.window.Window;
import mixgrpo.trainer.metrics.PhaseClock;

/** The first expensive verb: samples and scores the groups of some prompts. What it gives is a function of its arguments. */
@FunctionalInterface
public interface Rollouts {

    /** @throws IOException if a required reward fails */
    List<ScoredGroup> sample(int iteration, List<Prompt> prompts, Window window, PhaseClock clock) throws IOException;
}
