package mixgrpo.tools.model;

import mixgrpo.exporter.onnx.OnnxExport;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxOptions;
import mixgrpo.models.Network;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.OrtEngine;

/** What can run frozen networks. */
public enum EngineKind {
    /** ONNX Runtime on the CPU, in float32. */
    ORT_CPU {
        @Override
        public Engine load(String name, Network network, Weights weights) {
            OnnxModel model = OnnxExport.of(network, OnnxOptions.ort());
            return new OrtEngine(name, model.skeleton(), model.parameters(), weights);
        }
    };

    /**
     * A network with a copy of these weights, as an engine of the caller.
     *
     * @param name for messages
     */
    public abstract Engine load(String name, Network network, Weights weights);

    /** The fastest one that this machine can run. */
    public static EngineKind fastest() {
        return ORT_CPU;
    }
}
