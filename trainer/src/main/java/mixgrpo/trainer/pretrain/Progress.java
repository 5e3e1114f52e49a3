package mixgrpo.trainer.pretrain;

import java.io.IOException;

/** Told about every update of a training; may look at the weights, show or save something. */
public interface Progress {

    /**
     * After an update.
     *
     * @param step updates made so far, from 1
     * @param steps of the whole training
     * @param loss of this update's batch
     */
    void updated(String training, int step, int steps, double loss) throws IOException;
}
