package mixgrpo.runtime.tensorrt;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.ExecutionContextAllocationStrategy;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.bytedeco.tensorrt.nvinfer.IRuntime;

/**
 * A plan in the memory of a GPU. It cannot be freed: the bindings have no call for it. What a pass takes beside the weights belongs to its run,
 * and contexts of runs that were closed are used again.
 */
final class LoadedPlan {

    private final ShapeProfile profile;
    private final TensorRtLog log = new TensorRtLog();
    private final IRuntime runtime;
    private final ICudaEngine engine;
    private final Refit refit;
    private final Deque<IExecutionContext> free = new ArrayDeque<>();

    /**
     * Loads a plan and gives it its weights.
     *
     * @throws IllegalStateException if TensorRT refuses the plan or a weight
     */
    LoadedPlan(PlanGraph graph, Path file, ShapeProfile profile, StoredWeights weights) throws IOException {
        this.profile = profile;
        runtime = log.made(nvinfer.createInferRuntime(log), "a runtime");
        engine = deserialized(runtime, file, log);
        if (!engine.isRefittable()) {
            throw new IllegalStateException("%s takes no new weights; delete it".formatted(file));
        }
        refit = new Refit(graph, engine, log);
        refit.all(weights);
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
                throw new IllegalStateException("%s is refused as a plan: %s".formatted(file, log.error()));
            }
            return engine;
        }
    }

    ShapeProfile profile() {
        return profile;
    }

    /**
     * Gives it weights that changed.
     *
     * @throws IllegalStateException if it does not take one; then it must not run
     */
    void refit(StoredWeights weights, Set<String> changed) {
        refit.changed(weights, changed);
    }

    /** A context of the caller, to be given back. */
    synchronized IExecutionContext take() {
        return free.isEmpty()
                ? log.made(
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
}
