package mixgrpo.trainer.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import mixgrpo.models.weights.Weights;

/**
 * The parameters of a network as float32 leaves of the gradient graph, in the order in which the network's text takes them,
 * readable as {@link Weights}. Some may be frozen: they take part but get no gradient.
 */
public final class ParameterSet implements Weights, AutoCloseable {

    private final NDManager manager;
    private final InPlaceCopy copy;
    private final Map<String, long[]> shapes;
    private final List<NDArray> all = new ArrayList<>();
    private final List<NDArray> trained = new ArrayList<>();
    private final Map<String, NDArray> byKey = new LinkedHashMap<>();
    private final Map<String, long[]> trainedShapes = new LinkedHashMap<>();

    /** @param copy how a parameter is overwritten; the caller's */
    ParameterSet(
            NDManager parent, Map<String, long[]> shapes, Weights initial, Predicate<String> trains, InPlaceCopy copy) {
        this.copy = copy;
        manager = parent.newSubManager();
        this.shapes = new LinkedHashMap<>(shapes);
        ArrayTransfer transfer = new ArrayTransfer(manager);
        shapes.forEach((key, shape) -> {
            long[] given = initial.shapes().get(key);
            if (!Arrays.equals(shape, given)) {
                manager.close();
                throw new IllegalArgumentException("parameter '%s': expected shape %s, got %s"
                        .formatted(key, Arrays.toString(shape), given == null ? "none" : Arrays.toString(given)));
            }
            NDArray array = transfer.upload(initial, key, new Shape(shape));
            all.add(array);
            byKey.put(key, array);
            if (trains.test(key)) {
                array.setRequiresGradient(true);
                trained.add(array);
                trainedShapes.put(key, shape);
            }
        });
        if (trained.isEmpty()) {
            manager.close();
            throw new IllegalArgumentException(
                    "no parameter is trained; do train.lora.targets name layers of this network?");
        }
    }

    /** The same values under a gradient graph of their own: what is written to one is seen by the other, gradients are not. */
    private ParameterSet(NDManager parent, ParameterSet original) {
        copy = original.copy;
        manager = parent.newSubManager();
        shapes = original.shapes;
        original.byKey.forEach((key, array) -> {
            NDArray same = array.stopGradient();
            same.attach(manager);
            all.add(same);
            byKey.put(key, same);
            if (original.trainedShapes.containsKey(key)) {
                same.setRequiresGradient(true);
                trained.add(same);
                trainedShapes.put(key, shapes.get(key));
            }
        });
    }

    /** See {@link TrainableNetwork#replica}. */
    ParameterSet replica(NDManager parent) {
        return new ParameterSet(parent, this);
    }

    List<NDArray> all() {
        return all;
    }

    List<NDArray> trained() {
        return trained;
    }

    /** Shape of every trained parameter by its key, in order. */
    public Map<String, long[]> trainedShapes() {
        return trainedShapes;
    }

    /** The trained parameters alone; a view that follows updates. */
    public Weights trainedView() {
        return new Weights() {
            @Override
            public Map<String, long[]> shapes() {
                return trainedShapes;
            }

            @Override
            public void read(String key, FloatBuffer target) {
                ParameterSet.this.read(key, target);
            }
        };
    }

    @Override
    public Map<String, long[]> shapes() {
        return shapes;
    }

    @Override
    public void read(String key, FloatBuffer target) {
        ArrayTransfer.read(array(key), target);
    }

    /** Overwrites a parameter with {@code values} of the same length. */
    public void write(String key, float[] values) {
        NDArray array = array(key);
        if (array.size() != values.length) {
            throw new IllegalArgumentException(
                    "parameter '%s' has %d elements, got %d".formatted(key, array.size(), values.length));
        }
        copy.into(array, values);
    }

    private NDArray array(String key) {
        NDArray array = byKey.get(key);
        if (array == null) {
            throw new IllegalArgumentException("no parameter '%s'; there are %d others".formatted(key, byKey.size()));
        }
        return array;
    }

    @Override
    public void close() {
        manager.close();
    }
}
