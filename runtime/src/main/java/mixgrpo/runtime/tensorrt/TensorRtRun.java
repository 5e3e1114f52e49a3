package mixgrpo.runtime.tensorrt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.engine.Port;
import mixgrpo.runtime.lifetime.OpenResources;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run whose arrays stay on the GPU. Its shapes and addresses never change, so the second pass is recorded as a CUDA graph and launched
 * as a whole from then on, until weights are exchanged.
 */
final class TensorRtRun implements EngineRun {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtRun.class);

    private final TensorRtEngine engine;
    private final LoadedPlan plan;
    private final OpenResources open = new OpenResources();
    private final IExecutionContext context;
    private final CUstream_st stream;
    private final Map<String, DeviceArray> inputs = new LinkedHashMap<>();
    private final Map<String, DeviceArray> outputs = new LinkedHashMap<>();
    private final Set<String> unset;
    private Optional<CudaGraph> recorded = Optional.empty();
    private boolean recordable = true;
    private int passes; // since the last exchange
    private int exchanges;
    private boolean complete;
    private boolean closed;

    TensorRtRun(TensorRtEngine engine, LoadedPlan plan, Map<String, long[]> shapes) {
        this.engine = engine;
        this.plan = plan;
        unset = new LinkedHashSet<>(shapes.keySet());
        context = plan.take();
        open.add(() -> plan.giveBack(context));
        try {
            stream = Cuda.stream();
            open.add(() -> Cuda.free(stream));
            bind(shapes);
        } catch (RuntimeException e) {
            open.closeAfter(e);
            throw e;
        }
    }

    private void bind(Map<String, long[]> shapes) {
        engine.fed().forEach((key, array) -> place(key, array, true));
        for (Port port : engine.inputs()) {
            DeviceArray array = open.add(new DeviceArray(port.name(), port.ids(), shapes.get(port.name())));
            inputs.put(port.name(), array);
            place(port.name(), array, true);
        }
        for (Port port : engine.outputs()) {
            long[] shape = Dimensions.shape(context.getTensorShape(port.name()));
            DeviceArray array = open.add(new DeviceArray(port.name(), port.ids(), shape));
            outputs.put(port.name(), array);
            place(port.name(), array, false);
        }
        long bytes = context.updateDeviceMemorySizeForShapes();
        if (bytes > 0) {
            Pointer workspace = Cuda.allocate(bytes);
            open.add(() -> Cuda.free(workspace));
            context.setDeviceMemoryV2(workspace, bytes);
        }
    }

    private void place(String name, DeviceArray array, boolean input) {
        boolean placed = (!input || context.setInputShape(name, Dimensions.of(array.shape())))
                && context.setTensorAddress(name, array.memory());
        if (!placed) {
            throw new IllegalStateException("engine '%s': '%s' %s is refused: %s"
                    .formatted(engine.name(), name, Arrays.toString(array.shape()), plan.error()));
        }
    }

    @Override
    public void set(String input, float[] values) {
        DeviceArray array = input(input);
        engine.useGpu();
        array.set(values, stream);
        unset.remove(input);
    }

    @Override
    public void feed(EngineRun source, String output, String input) {
        if (source instanceof TensorRtRun run) {
            engine.useGpu();
            input(input).set(run.completeOutput(output), stream);
            unset.remove(input);
        } else {
            set(input, source.get(output));
        }
    }

    @Override
    public void run() {
        if (closed) {
            throw new IllegalStateException("engine '%s': this run is closed".formatted(engine.name()));
        }
        if (!unset.isEmpty()) {
            throw new IllegalStateException("engine '%s': inputs %s were never set".formatted(engine.name(), unset));
        }
        engine.use("run", count -> {
            if (count != exchanges) { // a recorded pass may have old weights among its arguments
                forget();
                exchanges = count;
            }
            pass();
            Cuda.check(cudart.cudaStreamSynchronize(stream), "a pass of engine '%s'".formatted(engine.name()));
        });
        complete = true;
    }

    private void pass() {
        if (passes == 1 && recordable) {
            recorded = CudaGraph.record(stream, this::enqueue);
            if (recorded.isEmpty()) {
                recordable = false;
                LOG.warn(
                        "engine '{}' cannot be recorded as a CUDA graph ({}); its kernels are launched one by one",
                        engine.name(),
                        plan.error());
            }
        }
        if (recorded.isPresent()) {
            recorded.get().launch(stream);
        } else if (!enqueue()) {
            throw new IllegalStateException("engine '%s', run: %s".formatted(engine.name(), plan.error()));
        }
        passes++;
    }

    private boolean enqueue() {
        return context.enqueueV3(stream);
    }

    private void forget() {
        recorded.ifPresent(CudaGraph::close);
        recorded = Optional.empty();
        passes = 0;
    }

    @Override
    public long[] shape(String output) {
        return output(output).shape();
    }

    @Override
    public void get(String output, float[] target) {
        DeviceArray array = completeOutput(output);
        engine.useGpu();
        array.get(target, stream);
    }

    private DeviceArray input(String name) {
        return known("input", inputs, name);
    }

    private DeviceArray output(String name) {
        return known("output", outputs, name);
    }

    private DeviceArray known(String what, Map<String, DeviceArray> arrays, String name) {
        DeviceArray array = arrays.get(name);
        if (array == null) {
            throw new IllegalArgumentException("engine '%s' has no %s '%s'; there are %s"
                    .formatted(engine.name(), what, name, new ArrayList<>(arrays.keySet())));
        }
        return array;
    }

    private DeviceArray completeOutput(String name) {
        DeviceArray array = output(name);
        if (!complete) {
            throw new IllegalStateException(
                    "engine '%s': output '%s' is read before the first run".formatted(engine.name(), name));
        }
        return array;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        engine.useGpu();
        forget();
        open.close();
    }
}
