package mixgrpo.tools.export;

import java.util.Map;
import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.exporter.verify.NetworkResults;
import mixgrpo.exporter.verify.Reference;
import mixgrpo.models.Array;
import mixgrpo.models.Inventory;
import mixgrpo.models.Network;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.OrtEngine;
import mixgrpo.trainer.eager.EagerNetwork;

/** What engines are held against. */
public enum TrustedNetwork implements Reference {
    /** The interpreter that goldens are checked with: libtorch, operation by operation, in float32. */
    EAGER("libtorch, operation by operation, fp32") {
        @Override
        public Map<String, Array> run(Network network, Weights weights, Map<String, Array> inputs) {
            try (EagerNetwork eager = new EagerNetwork(network, weights)) {
                return eager.runWithTaps(inputs);
            }
        }
    },
    /** ONNX Runtime on the CPU in float32, primitives of operator set 18: other code than the engines' own form. */
    ORT("ONNX Runtime on the CPU, portable form, fp32") {
        @Override
        public Map<String, Array> run(Network network, Weights weights, Map<String, Array> inputs) {
            OnnxModel model = OnnxExport.of(network, OnnxOptions.portable().withTaps());
            try (Engine engine = new OrtEngine(network.name(), model.skeleton(), model.fixedParameters(), weights)) {
                return NetworkResults.of(engine, network, inputs);
            }
        }
    };

    /** Libtorch gets the weights one by one and keeps them all beside what Java holds: beyond this it is slow and large. */
    private static final long MOST_EAGER = 1_000_000_000;

    private final String title;

    TrustedNetwork(String title) {
        this.title = title;
    }

    /** What it is, for people. */
    public String title() {
        return title;
    }

    /** The better one for a network of that size. */
    public static TrustedNetwork of(Network network) {
        long parameters = Inventory.parameters(network).values().stream()
                .mapToLong(Array::elements)
                .sum();
        return parameters <= MOST_EAGER ? EAGER : ORT;
    }
}
