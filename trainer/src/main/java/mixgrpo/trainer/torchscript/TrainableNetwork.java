package mixgrpo.trainer.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.lora.Lora;
import mixgrpo.models.weights.Weights;
import mixgrpo.trainer.libtorch.TorchDevice;

/**
 * A network that can be differentiated: plain arrays in, plain arrays out, and gradients of the outputs taken back to the
 * parameters, where they add up until the optimizer uses them. {@link #infer} may be called by several threads at once, nothing
 * else; {@link #replica} is for a second thread's gradients.
 */
public final class TrainableNetwork implements AutoCloseable {

    private final NDManager manager;
    private final Network network;
    private final ScriptSource source;
    private final ScriptModule module;
    private final boolean ownsModule;
    private final InPlaceCopy copy;
    private final ParameterSet parameters;

    /** On the CPU; see the other constructor. */
    public TrainableNetwork(Network network, Weights initial, ScriptOptions options) {
        this(network, initial, options, TorchDevice.CPU);
    }

    /**
     * @param initial all parameters of the network, adapters too
     * @param device where parameters, their gradients and all passes are
     * @throws IllegalArgumentException if a parameter is missing or has another shape
     */
    public TrainableNetwork(Network network, Weights initial, ScriptOptions options, TorchDevice device) {
        this(network, ScriptSource.of(network, options), initial, options, device);
    }

    private TrainableNetwork(
            Network network, ScriptSource source, Weights initial, ScriptOptions options, TorchDevice device) {
        this.network = network;
        this.source = source;
        manager = device.newManager();
        ownsModule = true;
        try {
            module = new ScriptModule(manager, source.className(), source.code());
            copy = new InPlaceCopy(manager);
            parameters = new ParameterSet(
                    manager,
                    source.parameters(),
                    initial,
                    key -> options.lora().isEmpty() || Lora.isAdapter(key),
                    copy);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private TrainableNetwork(TrainableNetwork original) {
        manager = original.manager.newSubManager();
        network = original.network;
        source = original.source;
        module = original.module;
        ownsModule = false;
        copy = original.copy;
        parameters = original.parameters.replica(manager);
    }

    /**
     * The same network with the same weights, whose gradients add up apart from this one's: another thread may use it while this one is
     * used. Updates of this one's weights are seen by it. The caller closes it before this one.
     */
    public TrainableNetwork replica() {
        return new TrainableNetwork(this);
    }

    /** Adds this replica's gradients to those of {@code original} and clears them. Nobody else may use {@code original} meanwhile. */
    public void moveGradientsTo(TrainableNetwork original) {
        try (NDManager step = manager.newSubManager()) {
            module.callWithGradients(
                    step,
                    "move",
                    new ScriptModule.Argument("x", parameters.trained()),
                    new ScriptModule.Argument("w", original.parameters.trained()));
        }
    }

    /** Also returns every tapped value under its full key; for parity tests. */
    static TrainableNetwork withTaps(Network network, Weights initial, ScriptOptions options) {
        return new TrainableNetwork(
                network, ScriptSource.withTaps(network, options), initial, options, TorchDevice.CPU);
    }

    /** Shape of every parameter that such a network has, adapters among them, by key. */
    public static Map<String, long[]> parameterShapes(Network network, ScriptOptions options) {
        return ScriptSource.of(network, options).parameters();
    }

    public ParameterSet parameters() {
        return parameters;
    }

    NDManager manager() {
        return manager;
    }

    /** How arrays of this network's manager are overwritten. */
    InPlaceCopy copy() {
        return copy;
    }

    /** Outputs by name, without gradients. The arrays belong to the caller. */
    public Map<String, Array> infer(Map<String, Array> inputs) {
        try (NDManager step = manager.newSubManager()) {
            return outputs(module.call(step, "forward", arrays(step, inputs), parameters.all()));
        }
    }

    /** A forward pass that {@link Pass#backward} can follow back. The caller closes it. */
    public Pass forward(Map<String, Array> inputs) {
        NDManager step = manager.newSubManager();
        try {
            NDList results = module.callWithGradients(
                    step,
                    "forward",
                    new ScriptModule.Argument("i", arrays(step, inputs)),
                    new ScriptModule.Argument("w", parameters.all()));
            return new Pass(step, results);
        } catch (RuntimeException e) {
            step.close();
            throw e;
        }
    }

    /** One forward pass and what its backward pass needs. */
    public final class Pass implements AutoCloseable {
        private final NDManager step;
        private final NDList results;

        private Pass(NDManager step, NDList results) {
            this.step = step;
            this.results = results;
        }

        /** Outputs by name; the arrays belong to the caller. */
        public Map<String, Array> outputs() {
            return TrainableNetwork.this.outputs(results);
        }

        /**
         * Adds to the parameters' gradients what {@code gradients}, the derivatives of a loss by the outputs, imply. Once a pass.
         *
         * @param gradients one array for every output, of its shape
         */
        public void backward(Map<String, Array> gradients) {
            List<NDArray> given = new ArrayList<>();
            for (int i = 0; i < source.outputs().size(); i++) {
                String name = source.outputs().get(i);
                Array gradient = gradients.get(name);
                Shape expected = results.get(i).getShape();
                if (gradient == null || !new Shape(gradient.shape()).equals(expected)) {
                    throw new IllegalArgumentException("gradient of output '%s': expected shape %s, got %s"
                            .formatted(name, expected, gradient == null ? "none" : new Shape(gradient.shape())));
                }
                given.add(floats(step, gradient));
            }
            if (source.kept() > 0) {
                List<NDArray> kept = results.subList(source.outputs().size(), results.size());
                module.callWithGradients(
                        step,
                        "backward",
                        new ScriptModule.Argument("k", kept),
                        new ScriptModule.Argument("g", given),
                        new ScriptModule.Argument("w", parameters.all()));
            } else {
                module.callWithGradients(
                        step,
                        "backward",
                        new ScriptModule.Argument("y", results),
                        new ScriptModule.Argument("g", given));
            }
        }

        @Override
        public void close() {
            step.close();
        }
    }

    /** Gradients of the trained parameters by key, as they have added up since the last update; zeros where none arrived. */
    public Map<String, float[]> gradients() {
        Map<String, float[]> gradients = new LinkedHashMap<>();
        try (NDManager step = manager.newSubManager()) {
            int i = 0;
            for (String key : parameters.trainedShapes().keySet()) {
                NDArray gradient = parameters.trained().get(i++).getGradient();
                gradient.attach(step);
                gradients.put(key, gradient.toFloatArray());
            }
        }
        return gradients;
    }

    private Map<String, Array> outputs(NDList results) {
        Map<String, Array> outputs = new LinkedHashMap<>();
        for (int i = 0; i < source.outputs().size(); i++) {
            NDArray result = results.get(i);
            outputs.put(
                    source.outputs().get(i),
                    Array.of(result.toFloatArray(), result.getShape().getShape()));
        }
        return outputs;
    }

    private List<NDArray> arrays(NDManager owner, Map<String, Array> inputs) {
        List<NDArray> arrays = new ArrayList<>();
        for (Network.Input input : network.inputs()) {
            Array array = inputs.get(input.name());
            if (array == null) {
                throw new IllegalArgumentException("network '%s' needs input '%s' %s; got %s"
                        .formatted(network.name(), input.name(), input.axes(), inputs.keySet()));
            }
            arrays.add(input.ids() ? ids(owner, array) : floats(owner, array));
        }
        return arrays;
    }

    private static NDArray floats(NDManager owner, Array array) {
        return ArrayTransfer.floats(owner, array.values(), new Shape(array.shape()));
    }

    private static NDArray ids(NDManager owner, Array array) {
        LongBuffer ids = LongBuffer.allocate(array.values().length);
        for (float value : array.values()) {
            ids.put((long) value);
        }
        return owner.create(ids.rewind(), new Shape(array.shape()), DataType.INT64);
    }

    @Override
    public void close() {
        if (!ownsModule) {
            manager.close();
            return;
        }
        try (manager;
                module;
                copy) {
            // closed in the reverse order, each whatever happens to the others
        }
    }
}
