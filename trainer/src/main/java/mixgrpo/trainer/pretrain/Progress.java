package mixgrpo.trainer.pretrain;

import java.io.IOException;
import mixgrpo.models.weights.Weights;

/** Told how far the work is; may look at the weights, show or save something, and end it. */
public interface Progress {

    /** A network that is trained. */
    enum Part {
        AUTOENCODER,
        POLICY
    }

    /**
     * After an update.
     *
     * @param step updates made so far, from 1
     * @param steps of the whole training
     * @param loss of this update's batch
     * @param averaged the average of the network's weights, a view for the time of this call
     */
    void updated(Part part, int step, int steps, double loss, Weights averaged) throws IOException;

    /** After so many of all pictures have become latents. */
    void encoded(int pictures, int all);

    /** Whether the work is to be saved and ended; asked after every update. */
    boolean stops();
}
