package mixgrpo.runtime.engine;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.lifetime.OpenResources;

/**
 * An engine by ONNX Runtime, on the CPU or on an NVIDIA GPU ({@link OrtDevice}). The graph is an ONNX skeleton whose weights lie outside of it, marked as external under
 * their keys; new weights mean a new session from the same skeleton, made beside the old one and swapped when it is ready. For
 * that moment two copies are in memory. Weights may also be inputs of the graph that the engine fills in at every run, low-rank adapters or all
 * there are: new ones take a copy. If an exchange of those fails halfway, the engine refuses to run until a whole one succeeds.
 */
public final class OrtEngine implements Engine {

    private final String name;
    private final OrtDevice device;
    private final Function<Weights, byte[]> graph; // of the weights that it holds, or for those that lie outside
    private final boolean embeds;
    private final Map<String, long[]> parameters;
    private final ExchangeableWeights keys;
    private final OrtFedWeights fed;
    private final List<Port> inputs;
    private final List<Port> outputs;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private OrtSession session; // null once closed; guarded by lock

    /**
     * Loads a graph whose weights lie outside.
     *
     * @param name what this network is, for messages
     * @param device where it computes; inputs and outputs are in the machine's memory all the same
     * @param skeleton an ONNX model; the engine keeps it and the caller must not change it
     * @param parameters the shape of every external initializer by its key; float32
     * @param fed the shape of every input that is a weight by its key; float32
     * @param weights at least all these keys; not kept
     * @throws IllegalArgumentException if keys are missing or have another shape (all named together), or the graph is not valid
     * @throws EngineUnavailableException if ONNX Runtime cannot start on this machine, or not on this device
     */
    public OrtEngine(
            String name,
            OrtDevice device,
            byte[] skeleton,
            Map<String, long[]> parameters,
            Map<String, long[]> fed,
            Weights weights) {
        this(name, device, any -> skeleton, false, parameters, fed, weights);
    }

    /**
     * Loads graphs that hold their weights, one made for each exchange: for weights that are stored in another type than float32.
     *
     * @param device where it computes; inputs and outputs are in the machine's memory all the same
     * @param graph an ONNX model with these weights
     * @param parameters the shape of every weight in it by its key
     * @param fed the shape of every input that is a weight by its key; float32
     */
    public OrtEngine(
            String name,
            OrtDevice device,
            Function<Weights, byte[]> graph,
            Map<String, long[]> parameters,
            Map<String, long[]> fed,
            Weights weights) {
        this(name, device, graph, true, parameters, fed, weights);
    }

    private OrtEngine(
            String name,
            OrtDevice device,
            Function<Weights, byte[]> graph,
            boolean embeds,
            Map<String, long[]> parameters,
            Map<String, long[]> fed,
            Weights weights) {
        this.name = name;
        this.device = device;
        this.graph = graph;
        this.embeds = embeds;
        this.parameters = new LinkedHashMap<>(parameters);
        keys = new ExchangeableWeights(name, this.parameters, fed);
        if (weights != null) {
            keys.checkAll(weights.shapes());
        }
        OpenResources open = new OpenResources();
        session = open.add(open(weights));
        try {
            this.fed = open.add(new OrtFedWeights(fed));
            if (!fed.isEmpty()) {
                this.fed.exchange(weights);
            }
            inputs = ports(session.getInputInfo()).stream()
                    .filter(port -> !fed.containsKey(port.name()))
                    .toList();
            outputs = ports(session.getOutputInfo());
        } catch (OrtException | RuntimeException e) {
            open.closeAfter(e);
            throw new IllegalArgumentException("engine '%s': %s".formatted(name, e.getMessage()), e);
        } catch (Error e) { // no memory outside of the heap
            open.closeAfter(e);
            throw e;
        }
    }

    /** Loads a graph on the CPU; see the other constructor. */
    public OrtEngine(
            String name, byte[] skeleton, Map<String, long[]> parameters, Map<String, long[]> fed, Weights weights) {
        this(name, OrtDevice.CPU, skeleton, parameters, fed, weights);
    }

    /** Loads a graph without weights among its inputs; see the other constructor. */
    public OrtEngine(String name, byte[] skeleton, Map<String, long[]> parameters, Weights weights) {
        this(name, skeleton, parameters, Map.of(), weights);
    }

    /** Loads a graph that holds its weights itself, so that they cannot be exchanged; see the other constructor. */
    public OrtEngine(String name, byte[] model) {
        this(name, model, Map.of(), null);
    }

    /**
     * Version of ONNX Runtime.
     *
     * @throws EngineUnavailableException if it cannot start on this machine
     */
    public static String version() {
        return OrtRuntime.environment().getVersion();
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
        if (parameters.isEmpty() && fed.shapes().isEmpty()) {
            throw new IllegalStateException("engine '%s' holds its weights inside its graph".formatted(name));
        }
        if (isClosed()) { // before the work
            throw closed("update");
        }
        boolean whole = keys.check(weights.shapes());
        OrtSession next = whole ? open(weights) : null;
        OrtSession superseded = next; // unless it takes the place of another
        lock.writeLock().lock();
        try {
            if (session != null) {
                fed.exchange(weights);
                superseded = whole ? session : null;
                session = whole ? next : session;
            }
        } catch (IllegalStateException e) {
            throw new IllegalStateException(
                    "engine '%s': its weights are exchanged in part, and it does not run until all are: %s"
                            .formatted(name, e.getMessage()),
                    e);
        } finally {
            lock.writeLock().unlock();
            if (superseded != null) {
                close(superseded);
            }
        }
    }

    @Override
    public void close() {
        OrtSession last;
        lock.writeLock().lock();
        try {
            last = session;
            session = null;
            if (last != null) {
                fed.close();
            }
        } finally {
            lock.writeLock().unlock();
        }
        if (last != null) {
            close(last);
        }
    }

    /** What a run does with the session of the moment, which stays open meanwhile. */
    interface SessionUse {
        void with(OrtSession session) throws OrtException;
    }

    /** The inputs that the engine fills in itself. */
    Map<String, OnnxTensor> fedTensors() {
        return fed.tensors();
    }

    void withSession(String verb, SessionUse use) {
        lock.readLock().lock();
        try {
            if (session == null) {
                throw closed(verb);
            }
            if (!fed.torn().isEmpty()) {
                throw new IllegalStateException("engine '%s', %s: its weights were exchanged in part only: %s"
                        .formatted(name, verb, fed.torn()));
            }
            use.with(session);
        } catch (OrtException e) {
            throw new IllegalStateException("engine '%s', %s: %s".formatted(name, verb, e.getMessage()), e);
        } finally {
            lock.readLock().unlock();
        }
    }

    private boolean isClosed() {
        lock.readLock().lock();
        try {
            return session == null;
        } finally {
            lock.readLock().unlock();
        }
    }

    private IllegalStateException closed(String verb) {
        return new IllegalStateException("engine '%s' is closed: no %s".formatted(name, verb));
    }

    private OrtSession open(Weights weights) {
        try {
            return OrtRuntime.open(device, graph.apply(weights), embeds ? Map.of() : parameters, weights);
        } catch (OrtException e) {
            throw new IllegalArgumentException(
                    "engine '%s': ONNX Runtime does not take this graph with these weights: %s"
                            .formatted(name, e.getMessage()),
                    e);
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

    private void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("engine '%s' does not close: %s".formatted(name, e.getMessage()), e);
        }
    }
}
