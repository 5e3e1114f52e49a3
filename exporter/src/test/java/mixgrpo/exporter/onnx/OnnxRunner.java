package mixgrpo.exporter.onnx;

import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.OrtEngine;

/** Exports a network and runs it once. */
final class OnnxRunner {

    private OnnxRunner() {}

    static Engine engine(OnnxModel model, Weights weights) {
        return new OrtEngine("test", model.skeleton(), model.fixedParameters(), model.adapterParameters(), weights);
    }

    /** An engine of a network, as commands load it. */
    static Engine load(String name, Network network, Weights weights) {
        return engine(OnnxExport.of(network, OnnxOptions.ort()), weights);
    }

    /** The network's outputs under the network's names, and the taps. */
    static Map<String, Array> run(Network network, OnnxOptions options, Map<String, Array> inputs, Weights weights) {
        OnnxModel model = OnnxExport.of(network, options);
        try (Engine engine = engine(model, weights)) {
            Map<String, Array> called = engine.infer(inputs);
            Map<String, Array> results = new LinkedHashMap<>();
            for (int i = 0; i < model.outputs().size(); i++) {
                String name = model.outputs().get(i).name();
                results.put(i < network.outputs().size() ? network.outputs().get(i) : name, called.get(name));
            }
            return results;
        }
    }
}
