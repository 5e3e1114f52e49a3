package mixgrpo.trainer.loop;

import java.io.IOException;
import mixgrpo.trainer.checkpoint.Checkpoints;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.PhaseClock;

/** The iterations of a run, one after the other, each seen by an observer, saved where a checkpoint is due. */
public record TrainingLoop(Iteration iteration, Checkpoints checkpoints, Observer observer) {

    /**
     * Runs the iterations from {@code first} on, until all are done or the observer stops them.
     *
     * @return iterations done since the run began
     */
    public int run(int first) throws IOException {
        int iterations = iteration.course().iterations();
        int done = first;
        boolean stops = false;
        while (done < iterations && !stops) {
            PhaseClock clock = new PhaseClock();
            Measurements measurements = iteration.run(done, clock);
            observer.iterationDone(measurements, clock);
            done++;
            stops = observer.stops();
            if (checkpoints.isDue(done) || stops || done == iterations) {
                checkpoints.save(done, iteration.policy().state());
            }
        }
        return done;
    }
}
