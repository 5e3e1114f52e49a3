package mixgrpo.trainer.eager;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.Array;
import mixgrpo.models.Carry;
import mixgrpo.models.NamedStage;
import mixgrpo.models.Network;
import mixgrpo.models.Tensor;
import mixgrpo.models.weights.Weights;
import mixgrpo.trainer.libtorch.Libtorch;
import mixgrpo.trainer.libtorch.TorchDevice;

/**
 * A network over given weights, computed operation by operation: plain arrays in, plain arrays out. Every pass uploads what it
 * needs and leaves nothing behind, except the weights of one that {@link #holding holds} them. Not for concurrent use: DJL allows one gradient collector in a process.
 */
public final class EagerNetwork implements AutoCloseable {

    private final NDManager manager;
    private final Network network;
    private final Weights weights;
    private final Optional<Map<String, NDArray>> held;

    /** On the CPU. Reads {@code weights} when a pass comes to them; the caller keeps them open. */
    public EagerNetwork(Network network, Weights weights) {
        this(network, weights, TorchDevice.CPU, Optional.empty());
    }

    private EagerNetwork(Network network, Weights weights, TorchDevice device, Optional<Map<String, NDArray>> held) {
        this.network = network;
        this.weights = weights;
        this.held = held;
        manager = device.newManager();
    }

    /** One for many passes: reads each of {@code weights} once, at the first pass, and keeps it on the device. It has no gradients. */
    public static EagerNetwork holding(Network network, Weights weights, TorchDevice device) {
        return new EagerNetwork(network, weights, device, Optional.of(new HashMap<>()));
    }

    /**
     * Derivatives of {@code sum(direction * output)}, summed over the outputs.
     *
     * @param inputs by name; ids have none
     * @param parameters by key, in the order of use; zeros where the outputs do not depend on one
     */
    public record Gradients(Map<String, Array> inputs, Map<String, Array> parameters) {}

    /**
     * Outputs by name. The arrays belong to the caller.
     *
     * @throws IllegalArgumentException if an input is missing
     * @throws IllegalStateException if a parameter is missing or has another shape
     */
    public Map<String, Array> run(Map<String, Array> inputs) {
        try (Pass pass = new Pass(inputs, false)) {
            return pass.outputs();
        }
    }

    /** Outputs by name and every tapped value by its full key. The arrays belong to the caller. */
    public Map<String, Array> runWithTaps(Map<String, Array> inputs) {
        try (Pass pass = new Pass(inputs, false)) {
            Map<String, Array> results = pass.outputs();
            results.putAll(pass.taps);
            return results;
        }
    }

    /**
     * Derivatives by inputs and parameters.
     *
     * @param directions one array for every output, of its shape
     * @throws IllegalArgumentException if one is missing or has another shape
     * @throws IllegalStateException if this holds its weights
     */
    public Gradients gradients(Map<String, Array> inputs, Map<String, Array> directions) {
        if (held.isPresent()) {
            throw new IllegalStateException(
                    "network '%s' holds its weights for passes without gradients".formatted(network.name()));
        }
        try (GradientCollector collector = Libtorch.engine().newGradientCollector();
                Pass pass = new Pass(inputs, true)) {
            NDArray sum = pass.kept.create(0f);
            for (String output : network.outputs()) {
                NDArray result = pass.result(output);
                sum = sum.add(result.mul(direction(pass.kept, output, result.getShape(), directions))
                        .sum());
            }
            collector.backward(sum);
            return new Gradients(pass.gradients(pass.inputs), pass.gradients(pass.parameters));
        }
    }

    private static NDArray direction(NDManager owner, String output, Shape shape, Map<String, Array> directions) {
        Array direction = directions.get(output);
        if (direction == null || !new Shape(direction.shape()).equals(shape)) {
            throw new IllegalArgumentException("direction of output '%s': expected shape %s, got %s"
                    .formatted(output, shape, direction == null ? "none" : new Shape(direction.shape())));
        }
        return floats(owner, direction);
    }

    @Override
    public void close() {
        manager.close();
    }

    /** One walk through the stages. Between them live the inputs, the parameters so far and what the stages carry on. */
    private final class Pass implements AutoCloseable {
        private final NDManager kept = manager.newSubManager();
        private final boolean differentiates;
        private final Map<String, NDArray> inputs = new LinkedHashMap<>();
        private final Map<String, NDArray> parameters = new LinkedHashMap<>();
        private final Map<String, Array> taps = new LinkedHashMap<>();
        private final Carry last;

        Pass(Map<String, Array> given, boolean differentiates) {
            this.differentiates = differentiates;
            try {
                Map<String, Tensor> first = new LinkedHashMap<>();
                for (Network.Input input : network.inputs()) {
                    first.put(input.name(), new EagerTensor(upload(input, given)));
                }
                Carry carry = new Carry(first);
                for (NamedStage stage : network.stages()) {
                    carry = run(stage, carry);
                }
                last = carry;
            } catch (RuntimeException e) {
                kept.close();
                throw e;
            }
        }

        private NDArray upload(Network.Input input, Map<String, Array> given) {
            Array array = given.get(input.name());
            if (array == null) {
                throw new IllegalArgumentException("network '%s' needs input '%s' %s; got %s"
                        .formatted(network.name(), input.name(), input.axes(), given.keySet()));
            }
            if (input.ids()) {
                return ids(kept, array);
            }
            NDArray floats = leaf(array);
            inputs.put(input.name(), floats);
            return floats;
        }

        /** An array of the pass by which the outputs can be differentiated. */
        private NDArray leaf(Array array) {
            NDArray floats = floats(kept, array);
            floats.setRequiresGradient(differentiates);
            return floats;
        }

        private Carry run(NamedStage stage, Carry in) {
            try (NDManager stageArrays = kept.newSubManager()) { // every intermediate of the stage dies here
                Map<NDArray, Boolean> borrowed = new IdentityHashMap<>();
                in.values().values().forEach(value -> lend(EagerTensor.array(value), stageArrays, borrowed));
                EagerScope scope = new EagerScope(stage, key -> {
                    NDArray parameter = held.map(all -> all.computeIfAbsent(key, k -> floats(manager, parameter(k))))
                            .orElseGet(() -> parameters.computeIfAbsent(key, k -> leaf(parameter(k))));
                    lend(parameter, stageArrays, borrowed);
                    return parameter;
                });
                Carry out = stage.stage().apply(scope, in);
                scope.taps().forEach((key, value) -> taps.put(key, plain(value)));
                for (Tensor value : out.values().values()) {
                    NDArray array = EagerTensor.array(value);
                    if (!borrowed.containsKey(array)) {
                        array.attach(kept); // what is borrowed goes back by itself
                    }
                }
                return out;
            }
        }

        /** Results of operations belong to the left operand's manager, so the stage borrows all its operands, each once. */
        private void lend(NDArray array, NDManager stageArrays, Map<NDArray, Boolean> borrowed) {
            if (borrowed.putIfAbsent(array, true) == null) {
                array.tempAttach(stageArrays);
            }
        }

        private Array parameter(String key) {
            long[] shape = weights.shapes().get(key);
            if (shape == null) {
                throw new IllegalStateException("network '%s' needs parameter '%s'; there are %d others"
                        .formatted(network.name(), key, weights.shapes().size()));
            }
            return new Array(shape, weights.floats(key));
        }

        NDArray result(String output) {
            return EagerTensor.array(last.get(output));
        }

        Map<String, Array> outputs() {
            Map<String, Array> outputs = new LinkedHashMap<>();
            network.outputs().forEach(name -> outputs.put(name, plain(result(name))));
            return outputs;
        }

        Map<String, Array> gradients(Map<String, NDArray> leaves) {
            Map<String, Array> gradients = new LinkedHashMap<>();
            leaves.forEach((name, leaf) -> gradients.put(name, plain(leaf.getGradient())));
            return gradients;
        }

        @Override
        public void close() {
            kept.close();
        }
    }

    private static NDArray floats(NDManager owner, Array array) {
        return owner.create(FloatBuffer.wrap(array.values()), new Shape(array.shape()), DataType.FLOAT32);
    }

    private static NDArray ids(NDManager owner, Array array) {
        LongBuffer ids = LongBuffer.allocate(array.values().length);
        for (float value : array.values()) {
            ids.put((long) value);
        }
        return owner.create(ids.rewind(), new Shape(array.shape()), DataType.INT64);
    }

    private static Array plain(NDArray array) {
        return new Array(array.getShape().getShape(), array.toFloatArray());
    }
}
