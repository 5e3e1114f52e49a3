package mixgrpo.exporter.verify;

import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.weights.Weights;

/** What an engine is compared with: an interpreter that is trusted. */
@FunctionalInterface
public interface Reference {

    /** Outputs by the network's names, then every tapped value by its full key. */
    Map<String, Array> run(Network network, Weights weights, Map<String, Array> inputs);
}
