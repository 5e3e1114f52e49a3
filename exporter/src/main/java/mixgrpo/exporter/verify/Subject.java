package mixgrpo.exporter.verify;

import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.weights.Weights;

/**
 * A network that engines are made of, with what they are tried on.
 *
 * @param name of the component, {@code transformer}
 * @param weights stay the caller's
 * @param inputs all of the network's, by name
 */
public record Subject(String name, Network network, Weights weights, Map<String, Array> inputs) {}
