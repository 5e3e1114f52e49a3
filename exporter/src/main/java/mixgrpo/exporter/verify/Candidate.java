package mixgrpo.exporter.verify;

import mixgrpo.models.Network;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;

/** Makes the engines that are verified. */
@FunctionalInterface
public interface Candidate {

    /**
     * An engine of the caller.
     *
     * @param name for messages
     * @param taps whether every tapped value is an output, behind the network's and under its full key
     */
    Engine load(String name, Network network, Weights weights, boolean taps);
}
