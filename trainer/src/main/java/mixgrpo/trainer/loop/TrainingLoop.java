package mixgrpo.trainer.loop;

import java.io.IOException;
import mixgrpo.trainer.checkpoint.Checkpoints;
import mixgrpo.trainer.metrics.Measurements;
import mixgrpo.trainer.metrics.PhaseClock;

/** The iterations of a run, one after the other, each seen by an observer, saved where a checkpoint is due. */
public record TrainingLoop(Iteration iteration, Checkpoints checkpoints, Observer observer) {

    /**
     * Runs the iterations from {@code first} on, until all are done or the observer stops them. What is saved is all that the rest
     * of the run depends on, so checkpoints and a stop wait for the engine to be up to date.
     *
     * @return iterations done since the run began
     */
    public int run(int first) throws IOException {
        Iteration repeated = iteration;
        int done = first;
        boolean stops = false;
        boolean saves = false;
        boolean stopped = false;
        while (done < repeated.course().iterations() && !stopped) {
            PhaseClock clock = new PhaseClock();
            Measurements measurements = repeated.run(done, clock);
            observer.iterationDone(measurements, clock);
            done++;
            Course course = repeated.course();
            repeated = repeated.on(course.withIterations(observer.planned(course.iterations())));
            stops |= observer.stops();
            saves |= stops || checkpoints.isDue(done);
            if (saves && repeated.engines().isUpToDate(done)
                    || done == repeated.course().iterations()) {
                checkpoints.save(done, repeated.policy().state());
                saves = false;
                stopped = stops;
            }
        }
        return done;
    }
}
