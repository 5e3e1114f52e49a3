package mixgrpo.runtime.tensorrt;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import mixgrpo.runtime.engine.EngineRun;
import mixgrpo.runtime.engine.Port;
import mixgrpo.runtime.engine.RunArrays;
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
    private final RunArrays<DeviceArray> arrays;
    private Optional<CudaGraph> recorded = Optional.empty();
    private boolean recordable = true;
    private int passes; // since the last exchange
    private int exchanges;

    TensorRtRun(TensorRtEngine engine, LoadedPlan plan, Map<String, long[]> shapes) {
        this.engine = engine;
        this.plan = plan;
        arrays = new RunArrays<>(engine.name());
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
            arrays.addInput(port.name(), array);
            place(port.name(), array, true);
        }
        for (Port port : engine.outputs()) {
            long[] shape = Dimensions.shape(context.getTensorShape(port.name()));
            DeviceArray array = open.add(new DeviceArray(port.name(), port.ids(), shape));
            arrays.addOutput(port.name(), array);
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
        arrays.set(input, array -> {
            engine.useGpu();
            array.set(values, stream);
        });
    }

    @Override
    public void run() {
        arrays.checkBeforeRun();
        engine.use("run", count -> {
            if (count != exchanges) { // a recorded pass may have old weights among its arguments
                forget();
                exchanges = count;
            }
            pass();
            Cuda.check(cudart.cudaStreamSynchronize(stream), "a pass of engine '%s'".formatted(engine.name()));
        });
        arrays.completed();
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
        return arrays.output(output).shape();
    }

    @Override
    public void get(String output, float[] target) {
        DeviceArray array = arrays.completeOutput(output);
        engine.useGpu();
        array.get(target, stream);
    }

    @Override
    public void close() {
        arrays.close();
        engine.useGpu();
        forget();
        open.close();
    }
}
