package mixgrpo.runtime.engine;

import mixgrpo.models.Network;
import mixgrpo.models.weights.Weights;

/** Makes engines of networks: the kind of engine that a command was asked for. */
@FunctionalInterface
public interface EngineLoader {

    /**
     * A network with a copy of these weights, as an engine of the caller.
     *
     * @param name for messages
     */
    Engine load(String name, Network network, Weights weights);
}
