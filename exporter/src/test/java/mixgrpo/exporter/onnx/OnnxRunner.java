package mixgrpo.exporter.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
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

    /** The outputs of a whole file in memory. */
    static Map<String, Array> run(byte[] file, Map<String, Array> inputs) {
        try (Engine engine = new OrtEngine("test", file)) {
            return engine.infer(inputs);
        }
    }

    /** The first output of a file with what lies beside it, as another program would load it. */
    static float[] run(Path file, Map<String, Array> inputs) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
        try (OrtSession session = environment.createSession(file.toString())) {
            for (Map.Entry<String, Array> input : inputs.entrySet()) {
                Array array = input.getValue();
                tensors.put(
                        input.getKey(),
                        OnnxTensor.createTensor(environment, FloatBuffer.wrap(array.values()), array.shape()));
            }
            try (OrtSession.Result result = session.run(tensors)) {
                FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
                float[] copy = new float[values.remaining()];
                values.get(copy);
                return copy;
            }
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }
}
