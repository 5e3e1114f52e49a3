package mixgrpo.runtime.tensorrt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.engine.ExchangeableWeights;
import mixgrpo.runtime.engine.Port;
import mixgrpo.runtime.lifetime.OpenResources;
import org.bytedeco.cuda.cudart.CUstream_st;

/**
 * An engine by TensorRT. Plans are found or built when shapes are bound that none of those loaded covers; new weights are written into all
 * of them in place, only those that changed. Low-rank adapters are inputs in memory of the engine's. If an exchange fails halfway, the engine
 * refuses to run until a whole one succeeds.
 *
 * <p>{@link #close} frees adapters and the file of weights. TensorRT's bindings cannot free plans: what they hold of the GPU's memory, about the
 * weights, stays taken until the process ends, so an engine is made once and given new weights.
 */
public final class TensorRtEngine implements Engine {

    private final PlanGraph graph;
    private final Plans plans;
    private final ExchangeableWeights keys;
    private final StoredWeights weights;
    private final List<LoadedPlan> loaded = new ArrayList<>(); // guarded by this
    private final Map<String, DeviceArray> fed = new LinkedHashMap<>();
    private final CUstream_st transfers;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private String torn = ""; // why plans may hold weights of different exchanges; guarded by lock
    private int exchanges; // guarded by lock
    private boolean closed; // guarded by lock

    /**
     * @param weights copied; has all keys of the graph
     * @throws IllegalArgumentException if keys are missing or have another shape; names all of them
     * @throws mixgrpo.runtime.engine.EngineUnavailableException if TensorRT does not start here
     */
    public TensorRtEngine(PlanGraph graph, Weights weights, Plans plans) {
        this.graph = graph;
        this.plans = plans;
        keys = new ExchangeableWeights(graph.name(), graph.fixedShapes(), graph.fed());
        keys.checkAll(weights.shapes());
        TensorRt.require(plans.machine().gpu());
        useGpu();
        try {
            this.weights = new StoredWeights(plans.cache().folder(), graph.fixed(), weights);
        } catch (IOException e) {
            throw new UncheckedIOException("engine '%s': %s".formatted(graph.name(), e.getMessage()), e);
        }
        transfers = Cuda.stream();
        graph.fed().forEach((key, shape) -> {
            DeviceArray array = new DeviceArray(key, false, shape);
            fed.put(key, array);
            array.set(weights, key, transfers);
        });
    }

    String name() {
        return graph.name();
    }

    Map<String, DeviceArray> fed() {
        return fed;
    }

    /** Every thread that calls CUDA says which GPU it means. */
    void useGpu() {
        Cuda.use(plans.machine().gpu());
    }

    @Override
    public List<Port> inputs() {
        return graph.inputs();
    }

    @Override
    public List<Port> outputs() {
        return graph.outputs();
    }

    @Override
    public EngineRun bind(Map<String, long[]> shapes) {
        List<String> names = graph.inputs().stream().map(Port::name).toList();
        if (shapes.size() != names.size() || !shapes.keySet().containsAll(names)) {
            throw new IllegalArgumentException("engine '%s': expected shapes of the inputs %s, got shapes of %s"
                    .formatted(name(), names, shapes.keySet()));
        }
        Map<String, Long> extents = new LinkedHashMap<>();
        try {
            graph.inputs().forEach(port -> port.match(shapes.get(port.name()), extents));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("engine '%s': %s".formatted(name(), e.getMessage()), e);
        }
        useGpu();
        return new TensorRtRun(this, plan(shapes), shapes);
    }

    /** One that runs with these shapes. */
    private synchronized LoadedPlan plan(Map<String, long[]> shapes) {
        Optional<LoadedPlan> known =
                loaded.stream().filter(plan -> plan.profile().covers(shapes)).findFirst();
        if (known.isPresent()) {
            return known.get();
        }
        lock.readLock().lock(); // no exchange meanwhile
        try {
            checkUsable("bind");
            EngineCache.Entry entry = plans.require(graph, weights, shapes);
            LoadedPlan plan = new LoadedPlan(graph, entry.file(Plans.FILE), Plans.profile(entry), weights);
            loaded.add(plan);
            return plan;
        } catch (IOException e) {
            throw new UncheckedIOException("engine '%s': %s".formatted(name(), e.getMessage()), e);
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void update(Weights given) {
        boolean whole = keys.check(given.shapes());
        useGpu();
        synchronized (this) { // no plan is loaded meanwhile
            lock.writeLock().lock();
            try {
                if (closed) {
                    throw new IllegalStateException("engine '%s' is closed: no update".formatted(name()));
                }
                exchange(given, whole);
            } finally {
                lock.writeLock().unlock();
            }
        }
    }

    private void exchange(Weights given, boolean whole) {
        boolean wasTorn = !torn.isEmpty();
        try {
            torn = "an exchange of weights did not come to its end";
            if (whole) {
                Set<String> changed = weights.replace(given);
                loaded.forEach(plan -> plan.refit(weights, wasTorn ? weights.keys() : changed));
                exchanges++;
            }
            for (Map.Entry<String, DeviceArray> array : fed.entrySet()) {
                if (given.shapes().containsKey(array.getKey())) {
                    array.getValue().set(given, array.getKey(), transfers);
                }
            }
        } catch (RuntimeException e) {
            torn = String.valueOf(e.getMessage());
            throw new IllegalStateException(
                    "engine '%s': its weights are exchanged in part, and it does not run until all are: %s"
                            .formatted(name(), torn),
                    e);
        }
        boolean all =
                given.shapes().size() == graph.fixed().size() + graph.fed().size();
        torn = wasTorn && !all ? "the last whole exchange of weights failed" : "";
    }

    /** What a run does while no weights are exchanged, told how many exchanges there were. */
    interface Use {
        void with(int exchanges);
    }

    void use(String verb, Use use) {
        lock.readLock().lock();
        try {
            checkUsable(verb);
            useGpu();
            use.with(exchanges);
        } finally {
            lock.readLock().unlock();
        }
    }

    private void checkUsable(String verb) {
        if (closed) {
            throw new IllegalStateException("engine '%s' is closed: no %s".formatted(name(), verb));
        }
        if (!torn.isEmpty()) {
            throw new IllegalStateException(
                    "engine '%s', %s: its weights were exchanged in part only: %s".formatted(name(), verb, torn));
        }
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            useGpu();
            OpenResources open = new OpenResources();
            open.add(weights);
            open.add(() -> Cuda.free(transfers));
            fed.values().forEach(open::add);
            open.close();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
