package mixgrpo.tools.model;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import mixgrpo.exporter.onnx.ElementType;
import mixgrpo.exporter.onnx.Form;
import mixgrpo.exporter.onnx.OnnxModel;
import mixgrpo.exporter.onnx.OnnxValue;
import mixgrpo.exporter.onnx.Precision;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.Engine;
import mixgrpo.runtime.engine.EngineCache;
import mixgrpo.runtime.engine.EngineProbe;
import mixgrpo.runtime.engine.Port;
import mixgrpo.runtime.tensorrt.PlanGraph;
import mixgrpo.runtime.tensorrt.PlanOptions;
import mixgrpo.runtime.tensorrt.Plans;
import mixgrpo.runtime.tensorrt.TensorRt;
import mixgrpo.runtime.tensorrt.TensorRtEngine;
import mixgrpo.tools.figures.Word;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Exported graphs as TensorRT's plans are built of them, and where the program keeps the plans. */
public final class TensorRtPlans {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtPlans.class);
    private static final String TIMINGS = "tensorrt-timings.cache";

    private TensorRtPlans() {}

    /** With plans of the program's own cache. */
    static Engine load(String name, OnnxModel model, Weights weights) {
        EngineCache cache = new EngineCache(CacheFolder.engines());
        Plans plans = of(cache, PlanOptions.DEFAULT, Optional.empty(), LOG::info);
        return new TensorRtEngine(graph(name, model), weights, plans);
    }

    /**
     * Plans for this machine's GPU.
     *
     * @param timingCache kept in the cache's folder unless another file is given
     * @param progress told what a build does
     */
    public static Plans of(
            EngineCache cache, PlanOptions options, Optional<Path> timingCache, Consumer<String> progress) {
        Plans.Machine machine =
                new Plans.Machine(TensorRt.version(), Gpu.name(), Gpu.driver(), EngineProbe.cudaDevice());
        Path timings = timingCache.orElse(timings(cache));
        return Plans.of(cache, options, Optional.of(timings), machine, progress);
    }

    /** Where what TensorRT measures is kept unless another file is named. */
    public static Path timings(EngineCache cache) {
        return cache.folder().resolve(TIMINGS);
    }

    /**
     * A graph for plans. Adapters are inputs, all else lies in the plan.
     *
     * @param name for messages
     * @throws IllegalArgumentException if it has operators that TensorRT's parser does not know
     */
    public static PlanGraph graph(String name, OnnxModel model) {
        if (model.options().precision() == Precision.INT8 || model.options().form() != Form.PORTABLE) {
            throw new IllegalArgumentException(
                    "%s: tensorrt takes the portable form in fp32, fp16 or bf16; got %s in %s"
                            .formatted(
                                    name,
                                    Word.of(model.options().form()),
                                    Word.of(model.options().precision())));
        }
        Map<String, ElementType> types = model.types();
        Map<String, PlanGraph.Stored> fixed = new LinkedHashMap<>();
        model.fixedParameters()
                .forEach((key, shape) ->
                        fixed.put(key, new PlanGraph.Stored(types.get(key).dtype(), shape)));
        return new PlanGraph(
                name,
                model.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-"),
                model.skeleton(),
                Word.of(model.options().precision()),
                ports(model.inputs()),
                ports(model.outputs()),
                fixed,
                model.adapterParameters());
    }

    private static List<Port> ports(List<OnnxValue> values) {
        return values.stream()
                .map(value -> new Port(value.name(), value.ids(), value.axes()))
                .toList();
    }
}
