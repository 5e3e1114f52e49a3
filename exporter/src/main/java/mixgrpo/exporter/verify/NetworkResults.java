package mixgrpo.exporter.verify;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.Port;

/** What an engine of a network gives, by the network's names: a graph calls an output otherwise that is called as an input. */
public final class NetworkResults {

    private NetworkResults() {}

    /** Outputs by the network's names, then what else the engine gives, taps for one, by its own. */
    public static Map<String, Array> of(Engine engine, Network network, Map<String, Array> inputs) {
        Map<String, Array> called = engine.infer(inputs);
        List<Port> ports = engine.outputs();
        Map<String, Array> results = new LinkedHashMap<>();
        for (int i = 0; i < ports.size(); i++) {
            String name = ports.get(i).name();
            results.put(i < network.outputs().size() ? network.outputs().get(i) : name, called.get(name));
        }
        return results;
    }
}
