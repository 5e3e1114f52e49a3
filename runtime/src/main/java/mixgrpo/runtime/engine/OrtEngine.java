package mixgrpo.runtime.engine;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import mixgrpo.models.weights.Weights;

/**
 * An engine on the CPU by ONNX Runtime. The graph is an ONNX skeleton whose weights lie outside of it, marked as external under
 * their keys; new weights mean a new session from the same skeleton, made beside the old one and swapped when it is ready. For
 * that moment two copies are in memory. Adapters are inputs of the graph that the engine fills in at every run: new ones take a copy.
 */
public final class OrtEngine implements Engine {

    private final String name;
    private final byte[] skeleton;
    private final Map<String, long[]> parameters;
    private final OrtAdapters adapters;
    private final List<Port> inputs;
    private final List<Port> outputs;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private OrtSession session; // null once closed; guarded by lock

    /**
     * Loads a graph whose weights lie outside.
     *
     * @param name what this network is, for messages
     * @param skeleton an ONNX model; the engine keeps it and the caller must not change it
     * @param parameters the shape of every external initializer by its key; float32
     * @param adapters the shape of every input that is an adapter's by its key; float32
     * @param weights at least all these keys; not kept
     * @throws IllegalArgumentException if keys are missing or have another shape (all named together), or the graph is not valid
     * @throws EngineUnavailableException if ONNX Runtime cannot start on this machine
     */
    public OrtEngine(
            String name,
            byte[] skeleton,
            Map<String, long[]> parameters,
            Map<String, long[]> adapters,
            Weights weights) {
        this.name = name;
        this.skeleton = skeleton;
        this.parameters = new LinkedHashMap<>(parameters);
        if (weights != null) {
            Map<String, long[]> expected = new LinkedHashMap<>(parameters);
            expected.putAll(adapters);
            check(expected, weights.shapes(), List.of());
        }
        OrtSession opened = open(weights);
        try {
            this.adapters = new OrtAdapters(adapters);
            this.adapters.fill(this.adapters.read(weights));
            inputs = ports(opened.getInputInfo()).stream()
                    .filter(port -> !adapters.containsKey(port.name()))
                    .toList();
            outputs = ports(opened.getOutputInfo());
            session = opened;
        } catch (OrtException | RuntimeException e) {
            close(opened, e);
            throw new IllegalArgumentException("engine '%s': %s".formatted(name, e.getMessage()), e);
        }
    }

    /** Loads a graph without adapters; see the other constructor. */
    public OrtEngine(String name, byte[] skeleton, Map<String, long[]> parameters, Weights weights) {
        this(name, skeleton, parameters, Map.of(), weights);
    }

    /** Loads a graph that holds its weights itself, so that they cannot be exchanged; see the other constructor. */
    public OrtEngine(String name, byte[] model) {
        this(name, model, Map.of(), null);
    }

    String name() {
        return name;
    }

    @Override
    public List<Port> inputs() {
        return inputs;
    }

    @Override
    public List<Port> outputs() {
        return outputs;
    }

    @Override
    public EngineRun bind(Map<String, long[]> shapes) {
        List<String> names = inputs.stream().map(Port::name).toList();
        if (shapes.size() != names.size() || !shapes.keySet().containsAll(names)) {
            throw new IllegalArgumentException("engine '%s': expected shapes of the inputs %s, got shapes of %s"
                    .formatted(name, names, shapes.keySet()));
        }
        try {
            return new OrtRun(this, shapes);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("engine '%s': %s".formatted(name, e.getMessage()), e);
        } catch (OrtException e) {
            throw new IllegalStateException("engine '%s' does not bind: %s".formatted(name, e.getMessage()), e);
        }
    }

    @Override
    public void update(Weights weights) {
        if (parameters.isEmpty() && adapters.shapes().isEmpty()) {
            throw new IllegalStateException("engine '%s' holds its weights inside its graph".formatted(name));
        }
        withSession("update", current -> {}); // a closed engine fails before the work
        boolean whole = checkUpdate(weights.shapes());
        Map<String, float[]> values = adapters.read(weights);
        OrtSession next = whole ? open(weights) : null;
        OrtSession previous;
        lock.writeLock().lock();
        try {
            previous = session;
            if (previous != null) {
                adapters.fill(values);
                session = whole ? next : previous;
            }
        } finally {
            lock.writeLock().unlock();
        }
        if (whole) {
            close(previous == null ? next : previous, null);
        }
    }

    /** Whether the network's own weights are among those given, all of them. */
    private boolean checkUpdate(Map<String, long[]> given) {
        boolean whole = given.keySet().stream().anyMatch(parameters::containsKey);
        Map<String, long[]> expected = new LinkedHashMap<>(whole ? parameters : Map.of());
        adapters.shapes().forEach((key, shape) -> {
            if (given.containsKey(key)) {
                expected.put(key, shape);
            }
        });
        List<String> unknown = given.keySet().stream()
                .filter(key -> !expected.containsKey(key))
                .map("'%s': the engine has no such weight"::formatted)
                .toList();
        check(expected, given, unknown);
        return whole;
    }

    @Override
    public void close() {
        OrtSession last;
        lock.writeLock().lock();
        try {
            last = session;
            session = null;
            if (last != null) {
                adapters.close();
            }
        } finally {
            lock.writeLock().unlock();
        }
        if (last != null) {
            close(last, null);
        }
    }

    /** What a run does with the session of the moment, which stays open meanwhile. */
    interface SessionUse {
        void with(OrtSession session) throws OrtException;
    }

    /** The inputs that the engine fills in itself. */
    Map<String, OnnxTensor> adapterTensors() {
        return adapters.tensors();
    }

    void withSession(String verb, SessionUse use) {
        lock.readLock().lock();
        try {
            if (session == null) {
                throw new IllegalStateException("engine '%s' is closed: no %s".formatted(name, verb));
            }
            use.with(session);
        } catch (OrtException e) {
            throw new IllegalStateException("engine '%s', %s: %s".formatted(name, verb, e.getMessage()), e);
        } finally {
            lock.readLock().unlock();
        }
    }

    private OrtSession open(Weights weights) {
        try {
            return OrtRuntime.open(skeleton, parameters, weights);
        } catch (OrtException e) {
            throw new IllegalArgumentException(
                    "engine '%s': ONNX Runtime does not take this graph with these weights: %s"
                            .formatted(name, e.getMessage()),
                    e);
        }
    }

    private void check(Map<String, long[]> expected, Map<String, long[]> got, List<String> unknown) {
        List<String> problems = new ArrayList<>(unknown);
        expected.forEach((key, shape) -> {
            if (!got.containsKey(key)) {
                problems.add("'%s': expected shape %s, missing".formatted(key, Arrays.toString(shape)));
            } else if (!Arrays.equals(shape, got.get(key))) {
                problems.add("'%s': expected shape %s, got %s"
                        .formatted(key, Arrays.toString(shape), Arrays.toString(got.get(key))));
            }
        });
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("engine '%s': %d weights do not fit; are they of another model?\n  %s"
                    .formatted(name, problems.size(), String.join("\n  ", problems)));
        }
    }

    private static List<Port> ports(Map<String, NodeInfo> infos) {
        return infos.entrySet().stream()
                .map(entry -> port(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static Port port(String name, NodeInfo node) {
        if (!(node.getInfo() instanceof TensorInfo info)
                || info.type != OnnxJavaType.FLOAT && info.type != OnnxJavaType.INT64) {
            throw new IllegalArgumentException(
                    "'%s': expected a tensor of float32 or int64, got %s".formatted(name, node.getInfo()));
        }
        long[] shape = info.getShape();
        String[] symbols = info.getDimensionNames();
        List<String> axes = new ArrayList<>();
        for (int i = 0; i < shape.length; i++) {
            axes.add(shape[i] >= 0 ? Long.toString(shape[i]) : symbols[i].isEmpty() ? Port.ANY : symbols[i]);
        }
        return new Port(name, info.type == OnnxJavaType.INT64, axes);
    }

    private void close(OrtSession session, Exception cause) {
        try {
            session.close();
        } catch (OrtException e) {
            IllegalStateException failure =
                    new IllegalStateException("engine '%s' does not close: %s".formatted(name, e.getMessage()), e);
            if (cause == null) {
                throw failure;
            }
            cause.addSuppressed(failure);
        }
    }
}
