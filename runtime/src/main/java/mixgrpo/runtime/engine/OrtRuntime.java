package mixgrpo.runtime.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.workers.Workers;

/**
 * The one place that starts ONNX Runtime: its environment is a singleton of the process and takes its thread pool only from the
 * first caller. All sessions share that pool; pools of their own would fight for the cores.
 *
 * <p>Read at first use: the size of the pool, {@link Workers#threadsOfACall}; the system property {@value #SPIN}, whether an idle thread of the pool spins for a while before it sleeps (false: the cores belong to the trainer as soon as a rollout
 * ends).
 */
final class OrtRuntime {

    static final String SPIN = "mixgrpo.spin";

    private static final OrtRuntime INSTANCE = new OrtRuntime();

    private final OrtEnvironment environment;
    private final Throwable failure;
    private final Staging staging = new Staging(); // used by one load at a time

    private OrtRuntime() {
        OrtEnvironment started = null;
        Throwable failed = null;
        try (OrtEnvironment.ThreadingOptions threading = new OrtEnvironment.ThreadingOptions()) {
            threading.setGlobalIntraOpNumThreads(Workers.threadsOfACall());
            threading.setGlobalInterOpNumThreads(1);
            threading.setGlobalSpinControl(Boolean.getBoolean(SPIN));
            started = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "mixgrpo", threading);
        } catch (OrtException | LinkageError | RuntimeException e) {
            failed = e; // thrown by every use instead of a NoClassDefFoundError from the second on
        }
        environment = started;
        failure = failed;
    }

    /**
     * The environment of this process; never closed.
     *
     * @throws EngineUnavailableException if ONNX Runtime cannot start here
     * @throws IllegalArgumentException if the number of threads is none
     */
    static OrtEnvironment environment() {
        if (INSTANCE.failure instanceof IllegalArgumentException wrongProperty) {
            throw new IllegalArgumentException(wrongProperty.getMessage(), wrongProperty);
        }
        if (INSTANCE.failure != null) {
            throw new EngineUnavailableException(
                    "ONNX Runtime does not start on this machine: %s".formatted(INSTANCE.failure), INSTANCE.failure);
        }
        return INSTANCE.environment;
    }

    /**
     * Why the CUDA provider does not start on a GPU; empty if it does. Where it is not part of the library, ONNX Runtime says so.
     *
     * @throws EngineUnavailableException if ONNX Runtime cannot start here
     */
    static Optional<String> failureOfCuda(int gpu) {
        environment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            addCuda(options, gpu);
            return Optional.empty();
        } catch (OrtException e) {
            return Optional.of(e.getMessage());
        }
    }

    private static void addCuda(OrtSession.SessionOptions options, int gpu) throws OrtException {
        try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(gpu)) {
            options.addCUDA(cuda);
        }
    }

    /**
     * A session on the shared pool; the caller closes it.
     *
     * @param device where it computes
     * @param parameters the shape of every initializer that lies outside of {@code model}, by its key
     * @param weights has at least these keys in these shapes; copied, may be null if there are none
     */
    static OrtSession open(OrtDevice device, byte[] model, Map<String, long[]> parameters, Weights weights)
            throws OrtException {
        OrtEnvironment ort = environment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.disablePerSessionThreads();
            if (device.gpu().isPresent()) {
                addProvider(options, device.gpu().getAsInt());
            }
            return parameters.isEmpty()
                    ? ort.createSession(model, options)
                    : INSTANCE.openWith(model, options, parameters, weights);
        }
    }

    private static void addProvider(OrtSession.SessionOptions options, int gpu) {
        try {
            addCuda(options, gpu);
        } catch (OrtException e) {
            throw new EngineUnavailableException(
                    "ort-cuda does not start on GPU %d: %s; tools/doctor --engine ort-cuda says what is missing"
                            .formatted(gpu, e.getMessage()),
                    e);
        }
    }

    private synchronized OrtSession openWith(
            byte[] model, OrtSession.SessionOptions options, Map<String, long[]> parameters, Weights weights)
            throws OrtException {
        Map<String, OnnxTensorLike> initializers = new HashMap<>();
        try {
            for (Map.Entry<String, long[]> parameter : parameters.entrySet()) {
                long[] shape = parameter.getValue();
                FloatBuffer values = staging.take(Array.elements(shape));
                weights.read(parameter.getKey(), values.duplicate());
                initializers.put(parameter.getKey(), OnnxTensor.createTensor(environment, values, shape));
            }
            options.addExternalInitializers(initializers);
            return environment.createSession(model, options);
        } finally {
            initializers.values().forEach(OnnxTensorLike::close);
            staging.reset();
        }
    }
}
