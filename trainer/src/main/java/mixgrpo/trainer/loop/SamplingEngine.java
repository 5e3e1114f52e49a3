package mixgrpo.trainer.loop;

import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.rollout.TransformerInputs;

/** The engine that samples, as a sync sees it. */
public interface SamplingEngine {

    /**
     * Takes new weights; when this returns it samples by them.
     *
     * @throws RuntimeException if it does not take all of them
     */
    void update(Weights weights);

    /** How latents become its inputs. */
    TransformerInputs inputs();

    /** The network's velocities for a batch of {@link #inputs}. */
    Array velocity(Map<String, Array> batch);
}
