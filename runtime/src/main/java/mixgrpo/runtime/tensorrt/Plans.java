package mixgrpo.runtime.tensorrt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import mixgrpo.models.weights.Sha256;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.engine.EngineKey;
import mixgrpo.runtime.engine.ScratchFolder;

/**
 * Where plans come from: the cache, or a process that builds one and puts it there. A plan fits a graph if it was built of the same one by
 * the same TensorRT for the same GPU and driver; how it was tuned does not matter, and of its shapes only that they cover what is asked for.
 *
 * @param cache with entries of plans
 * @param options of those that are built
 * @param timingCache file with what TensorRT measured before, if it is to be kept
 * @param machine what plans are for
 * @param builder runs a build
 * @param progress told what a build does
 */
public record Plans(
        EngineCache cache,
        PlanOptions options,
        Optional<Path> timingCache,
        Machine machine,
        Builder builder,
        Consumer<String> progress) {

    /** The plan in an entry of the cache. */
    public static final String FILE = "engine.plan";

    /**
     * What plans are for and cannot be taken from.
     *
     * @param version of TensorRT
     * @param device the GPU's name
     * @param driver its version
     * @param gpu its number
     */
    public record Machine(String version, String device, String driver, int gpu) {}

    /** Builds the plan of a request file. */
    @FunctionalInterface
    public interface Builder {
        void build(Path request, Consumer<String> progress) throws IOException, InterruptedException;
    }

    /** Builds in a process of its own. */
    public static Plans of(
            EngineCache cache,
            PlanOptions options,
            Optional<Path> timingCache,
            Machine machine,
            Consumer<String> progress) {
        return new Plans(cache, options, timingCache, machine, BuildProcess.ofThisJava()::run, progress);
    }

    /** The key of the plan that would be built for these shapes. */
    public EngineKey key(PlanGraph graph, ShapeProfile profile) {
        MessageDigest digest = Sha256.start();
        digest.update(graph.onnx());
        return new EngineKey(
                Sha256.hex(digest),
                "",
                graph.precision(),
                profile.toString(),
                options.toString(),
                machine.version(),
                machine.device(),
                machine.driver());
    }

    /** A plan in the cache that runs with these shapes; of several the one that runs with the most. */
    public Optional<EngineCache.Entry> find(PlanGraph graph, Map<String, long[]> shapes) throws IOException {
        EngineKey wanted = key(graph, ShapeProfile.upTo(graph.inputs(), shapes));
        List<EngineCache.Entry> entries = cache.entries(graph.entry());
        return entries.stream()
                .filter(entry -> fits(entry.key(), wanted))
                .filter(entry -> profile(entry).covers(shapes))
                .max(Comparator.comparing(entry -> profile(entry).largest()));
    }

    /** The shapes that the plan of an entry is for. */
    static ShapeProfile profile(EngineCache.Entry entry) {
        return ShapeProfile.parse(entry.key().shapes());
    }

    private static boolean fits(EngineKey key, EngineKey wanted) {
        return key.engine().startsWith(PlanOptions.ENGINE)
                && key.graph().equals(wanted.graph())
                && key.version().equals(wanted.version())
                && key.device().equals(wanted.device())
                && key.driver().equals(wanted.driver());
    }

    /** A plan that runs with these shapes: one that is there, else one that is built now for them and smaller batches. */
    EngineCache.Entry require(PlanGraph graph, StoredWeights weights, Map<String, long[]> shapes) throws IOException {
        Optional<EngineCache.Entry> found = find(graph, shapes);
        return found.isPresent() ? found.get() : build(graph, weights, ShapeProfile.upTo(graph.inputs(), shapes));
    }

    /**
     * Builds a plan and puts it into the cache.
     *
     * @param weights of the graph, which TensorRT looks at when it chooses kernels; the plan can be given others
     * @throws IllegalStateException if TensorRT builds none; in its words
     * @throws IOException if there is no room for it
     */
    public EngineCache.Entry build(PlanGraph graph, Weights weights, ShapeProfile profile) throws IOException {
        try (StoredWeights stored = new StoredWeights(cache.folder(), graph.fixed(), weights)) {
            return build(graph, stored, profile);
        }
    }

    private EngineCache.Entry build(PlanGraph graph, StoredWeights weights, ShapeProfile profile) throws IOException {
        progress.accept("building a plan of %s for %s, which takes minutes".formatted(graph.name(), profile));
        try (ScratchFolder work = ScratchFolder.in(cache.folder())) {
            return cache.store(graph.entry(), key(graph, profile), folder -> {
                Path request = PlanRequest.write(
                        work.path(),
                        graph,
                        weights,
                        profile,
                        options,
                        timingCache,
                        folder.resolve(FILE),
                        machine.gpu());
                run(request);
                if (!Files.exists(folder.resolve(FILE))) {
                    throw new IllegalStateException(
                            "the build of %s says that it is done and left no plan".formatted(graph.name()));
                }
            });
        }
    }

    private void run(Path request) throws IOException {
        try {
            builder.build(request, progress);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a plan was being built", e);
        }
    }
}
