package mixgrpo.runtime.tensorrt;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import mixgrpo.models.weights.Dtype;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.DataType;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IRefitter;
import org.bytedeco.tensorrt.nvinfer.Weights;
import org.bytedeco.tensorrt.nvonnxparser.IParserRefitter;

/** Gives an engine of TensorRT weights in place. Nothing of the engine may run meanwhile. */
final class Refit {

    private final PlanGraph graph;
    private final TensorRtLog log;
    private final IRefitter refitter;
    private final RefitNames names = new RefitNames();

    Refit(PlanGraph graph, ICudaEngine engine, TensorRtLog log) {
        this.graph = graph;
        this.log = log;
        refitter = log.made(nvinfer.createInferRefitter(engine, log), "a refitter");
    }

    /** Gives it all weights as the parser turns them, and finds out which of them could go without it. */
    void all(StoredWeights weights) {
        IParserRefitter parser = log.made(nvonnxparser.createParserRefitter(refitter, log), "a parser of weights");
        boolean taken = parser.loadModelProto(new BytePointer(graph.onnx()), graph.onnx().length);
        Set<BytePointer> kept = new HashSet<>();
        for (String key : weights.keys()) {
            BytePointer values = new BytePointer(weights.values(key));
            kept.add(values);
            taken = taken
                    && parser.loadInitializer(key, values, weights.kind(key).bytes());
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
    void changed(StoredWeights weights, Set<String> changed) {
        if (changed.isEmpty()) {
            return;
        }
        Set<String> due = new LinkedHashSet<>(changed);
        if (!names.allDirect(due)) {
            all(weights);
            return;
        }
        Set<BytePointer> kept = new HashSet<>();
        Set<String> next = due;
        while (!next.isEmpty()) { // weights that were fused with those given are wanted, too
            next.forEach(key -> kept.add(give(key, weights)));
            Set<String> missing =
                    names(refitter.getMissingWeights(0, (PointerPointer<?>) null), refitter::getMissingWeights);
            if (!names.allDirect(missing) || due.containsAll(missing) && !missing.isEmpty()) {
                all(weights);
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
}
