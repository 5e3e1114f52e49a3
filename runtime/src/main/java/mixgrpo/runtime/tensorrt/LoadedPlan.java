package mixgrpo.runtime.tensorrt;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import mixgrpo.models.weights.Dtype;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.DataType;
import org.bytedeco.tensorrt.global.nvinfer.ExecutionContextAllocationStrategy;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.bytedeco.tensorrt.nvinfer.IRefitter;
import org.bytedeco.tensorrt.nvinfer.IRuntime;
import org.bytedeco.tensorrt.nvinfer.Weights;
import org.bytedeco.tensorrt.nvonnxparser.IParserRefitter;

/**
 * A plan in the memory of a GPU. It cannot be freed: the bindings have no call for it. What a pass takes beside the weights belongs to its run,
 * and contexts of runs that were closed are used again.
 */
final class LoadedPlan {

    private final PlanGraph graph;
    private final ShapeProfile profile;
    private final TensorRtLog log = new TensorRtLog();
    private final IRuntime runtime;
    private final ICudaEngine engine;
    private final IRefitter refitter;
    private final RefitNames names = new RefitNames();
    private final Deque<IExecutionContext> free = new ArrayDeque<>();

    /**
     * Loads a plan and gives it its weights.
     *
     * @throws IllegalStateException if TensorRT refuses the plan or a weight
     */
    LoadedPlan(PlanGraph graph, Path file, ShapeProfile profile, StoredWeights weights) throws IOException {
        this.graph = graph;
        this.profile = profile;
        runtime = present(nvinfer.createInferRuntime(log), "a runtime");
        engine = deserialized(runtime, file, log);
        if (!engine.isRefittable()) {
            throw new IllegalStateException("%s takes no new weights; delete it".formatted(file));
        }
        refitter = present(nvinfer.createInferRefitter(engine, log), "a refitter");
        refitAll(weights);
    }

    /** The engine of a file. */
    static ICudaEngine deserialized(IRuntime runtime, Path file, TensorRtLog log) throws IOException {
        runtime.setEngineHostCodeAllowed(true); // version-compatible plans have some; the cache is the user's own
        try (FileChannel channel = FileChannel.open(file);
                BytePointer bytes = new BytePointer(channel.size())) {
            long step = 1L << 30; // a buffer holds less than 2 GiB
            for (long at = 0; at < channel.size(); at += step) {
                ByteBuffer piece = new BytePointer(bytes)
                        .position(at)
                        .limit(Math.min(channel.size(), at + step))
                        .asBuffer();
                while (piece.hasRemaining() && channel.read(piece) >= 0) {
                    // until the piece is full
                }
            }
            ICudaEngine engine = runtime.deserializeCudaEngine(bytes, channel.size());
            if (engine == null || engine.isNull()) {
                throw new IllegalStateException(
                        "%s is refused as a plan: %s".formatted(file, log.error()));
            }
            return engine;
        }
    }

    ShapeProfile profile() {
        return profile;
    }

    /** Gives it all weights as the parser turns them, and finds out which of them could go without it. */
    private void refitAll(StoredWeights weights) {
        IParserRefitter parser = present(nvonnxparser.createParserRefitter(refitter, log), "a parser of weights");
        boolean taken = parser.loadModelProto(new BytePointer(graph.onnx()), graph.onnx().length);
        Set<BytePointer> kept = new HashSet<>();
        for (String key : weights.keys()) {
            BytePointer values = new BytePointer(weights.values(key));
            kept.add(values);
            taken = taken && parser.loadInitializer(key, values, weights.kind(key).bytes());
        }
        if (!taken || !parser.refitModelProto()) {
            throw new IllegalStateException("the weights are refused: %s".formatted(ParserErrors.of(parser, log)));
        }
        Set<String> own = names(refitter.getAllWeights(0, (PointerPointer<?>) null), refitter::getAllWeights);
        for (String key : weights.keys()) {
            if (own.contains(key)) {
                names.note(key, weights.kind(key), weights.values(key), given(key, weights.kind(key)));
            }
        }
        finish();
        kept.forEach(Pointer::close);
    }

    /** What the parser gave under a key, in memory of the parser's; null if it is of another type or length. */
    private ByteBuffer given(String key, PlanGraph.Stored kind) {
        Weights given = refitter.getNamedWeights(key);
        boolean comparable = given != null
                && given.values() != null
                && given.type() == type(kind.dtype())
                && given.count() * kind.dtype().bytes() == kind.bytes();
        return comparable
                ? new BytePointer(given.values())
                        .capacity(kind.bytes())
                        .asBuffer()
                        .order(ByteOrder.nativeOrder())
                : null;
    }

    /**
     * Gives it the weights that changed: by name where it takes them as they are stored, else all of them.
     *
     * @throws IllegalStateException if it does not take one; then it must not run
     */
    void refit(StoredWeights weights, Set<String> changed) {
        if (changed.isEmpty()) {
            return;
        }
        Set<String> due = new LinkedHashSet<>(changed);
        if (!names.allDirect(due)) {
            refitAll(weights);
            return;
        }
        Set<BytePointer> kept = new HashSet<>();
        Set<String> next = due;
        while (!next.isEmpty()) { // weights that were fused with those given are wanted, too
            next.forEach(key -> kept.add(give(key, weights)));
            Set<String> missing =
                    names(refitter.getMissingWeights(0, (PointerPointer<?>) null), refitter::getMissingWeights);
            if (!names.allDirect(missing) || due.containsAll(missing) && !missing.isEmpty()) {
                refitAll(weights);
                return;
            }
            due.addAll(missing);
            next = missing;
        }
        finish();
        kept.forEach(Pointer::close);
    }

    private BytePointer give(String key, StoredWeights weights) {
        PlanGraph.Stored kind = weights.kind(key);
        BytePointer values = new BytePointer(weights.values(key));
        try (Weights given = new Weights()) {
            given.type(type(kind.dtype()));
            given.values(values);
            given.count(kind.bytes() / kind.dtype().bytes());
            if (!refitter.setNamedWeights(key, given)) {
                throw new IllegalStateException("weight '%s' is refused: %s".formatted(key, log.error()));
            }
        }
        return values;
    }

    private void finish() {
        int missing = refitter.getMissingWeights(0, (PointerPointer<?>) null);
        if (missing > 0 || !refitter.refitCudaEngine()) {
            throw new IllegalStateException(
                    "the plan does not take its weights, %d are missing: %s".formatted(missing, log.error()));
        }
    }

    /** Fills in names. */
    private interface Names {
        int into(int count, PointerPointer<?> names);
    }

    private static Set<String> names(int count, Names source) {
        Set<String> names = new LinkedHashSet<>();
        try (PointerPointer<?> pointers = new PointerPointer<>(Math.max(1, count))) {
            if (count > 0) {
                source.into(count, pointers);
            }
            for (int i = 0; i < count; i++) {
                names.add(pointers.getString(i));
            }
        }
        return names;
    }

    private static DataType type(Dtype dtype) {
        return switch (dtype) {
            case F32 -> DataType.kFLOAT;
            case F16 -> DataType.kHALF;
            case BF16 -> DataType.kBF16;
            default -> throw new IllegalStateException("weights of a plan are not stored as " + dtype);
        };
    }

    /** A context of the caller, to be given back. */
    synchronized IExecutionContext take() {
        return free.isEmpty()
                ? present(
                        engine.createExecutionContext(ExecutionContextAllocationStrategy.kUSER_MANAGED),
                        "a context of execution")
                : free.pop();
    }

    synchronized void giveBack(IExecutionContext context) {
        free.push(context);
    }

    /** Why the last call failed, in TensorRT's words. */
    String error() {
        return log.error();
    }

    private <T extends Pointer> T present(T made, String what) {
        if (made == null || made.isNull()) {
            throw new IllegalStateException("TensorRT does not make %s: %s".formatted(what, log.error()));
        }
        return made;
    }
}
