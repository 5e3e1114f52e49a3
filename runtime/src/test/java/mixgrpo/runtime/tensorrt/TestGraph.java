package mixgrpo.runtime.tensorrt;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.weights.Dtype;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Port;
import mixgrpo.runtime.engine.TestNetwork;

/** A small network as plans are built of it: x [batch, width] to y of the same shape. */
final class TestGraph {

    static final int WIDTH = 8;
    private static final TestNetwork NETWORK = new TestNetwork(WIDTH, 12);

    private TestGraph() {}

    static PlanGraph graph() {
        Map<String, PlanGraph.Stored> fixed = new LinkedHashMap<>();
        NETWORK.parameters().forEach((key, shape) -> fixed.put(key, new PlanGraph.Stored(Dtype.F32, shape)));
        Port x = new Port("x", false, List.of("batch", "" + WIDTH));
        Port y = new Port("y", false, List.of("batch", "" + WIDTH));
        return new PlanGraph("mlp", "mlp", NETWORK.skeleton(), "fp32", List.of(x), List.of(y), fixed, Map.of());
    }

    static Weights weights(long seed) {
        return NETWORK.weights(seed);
    }

    static float[] expected(Weights weights, float[] x) {
        return NETWORK.expected(weights, x);
    }
}
