package mixgrpo.runtime.tensorrt;

import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.LayerInformationFormat;
import org.bytedeco.tensorrt.nvinfer.IRuntime;

/** What TensorRT tells about a plan. */
public final class PlanInspection {

    private PlanInspection() {}

    /**
     * Layers, kernels and arrays of a plan, as TensorRT writes them. The plan is loaded for it, and its memory stays taken until the process ends.
     *
     * @return JSON
     * @throws mixgrpo.runtime.engine.EngineUnavailableException if TensorRT does not start here
     * @throws IllegalStateException if the plan is of another TensorRT or GPU
     */
    public static String layers(Path plan, int gpu) throws IOException {
        TensorRt.require(gpu);
        Cuda.use(gpu);
        TensorRtLog log = new TensorRtLog();
        IRuntime runtime = log.made(nvinfer.createInferRuntime(log), "a runtime");
        return LoadedPlan.deserialized(runtime, plan, log)
                .createEngineInspector()
                .getEngineInformation(LayerInformationFormat.kJSON);
    }
}
