package mixgrpo.exporter.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;

/** Runs graphs in ONNX Runtime, one thread, with the weights beside the skeleton. */
final class OrtRunner {

    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private OrtRunner() {}

    static OrtSession open(OnnxModel model, Weights weights) {
        Map<String, OnnxTensorLike> initializers = new LinkedHashMap<>();
        try (OrtSession.SessionOptions options = oneThread()) {
            for (Map.Entry<String, long[]> parameter : model.parameters().entrySet()) {
                float[] values = weights.floats(parameter.getKey());
                initializers.put(
                        parameter.getKey(), OnnxTensor.createTensor(ENVIRONMENT, direct(values), parameter.getValue()));
            }
            options.addExternalInitializers(initializers);
            return ENVIRONMENT.createSession(model.skeleton(), options);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } finally {
            initializers.values().forEach(OnnxTensorLike::close);
        }
    }

    static OrtSession open(byte[] model) throws OrtException {
        return ENVIRONMENT.createSession(model, oneThread());
    }

    static OrtSession open(String path) throws OrtException {
        return ENVIRONMENT.createSession(path, oneThread());
    }

    private static OrtSession.SessionOptions oneThread() throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        return options;
    }

    /** All outputs by name. */
    static Map<String, Array> run(OrtSession engine, OnnxModel model, Map<String, Array> inputs) {
        Map<String, OnnxTensor> fed = new LinkedHashMap<>();
        Map<String, Array> outputs = new LinkedHashMap<>();
        try {
            for (OnnxValue input : model.inputs()) {
                fed.put(input.name(), tensor(input, inputs.get(input.name())));
            }
            try (OrtSession.Result result = engine.run(fed)) {
                for (Map.Entry<String, ? extends ai.onnxruntime.OnnxValue> output : result) {
                    OnnxTensor tensor = (OnnxTensor) output.getValue();
                    float[] values = new float[(int) tensor.getInfo().getNumElements()];
                    tensor.getFloatBuffer().get(values);
                    outputs.put(output.getKey(), new Array(tensor.getInfo().getShape(), values));
                }
            }
            return outputs;
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } finally {
            fed.values().forEach(OnnxTensor::close);
        }
    }

    static Map<String, Array> run(OnnxModel model, Weights weights, Map<String, Array> inputs) {
        try (OrtSession engine = open(model, weights)) {
            return run(engine, model, inputs);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    private static OnnxTensor tensor(OnnxValue input, Array array) throws OrtException {
        if (input.ids()) {
            long[] ids = new long[array.values().length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = (long) array.values()[i];
            }
            return OnnxTensor.createTensor(ENVIRONMENT, LongBuffer.wrap(ids), array.shape());
        }
        return OnnxTensor.createTensor(ENVIRONMENT, direct(array.values()), array.shape());
    }

    private static FloatBuffer direct(float[] values) {
        FloatBuffer buffer = ByteBuffer.allocateDirect(Float.BYTES * values.length)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        return buffer.put(values).rewind();
    }
}
