package mixgrpo.runtime.tensorrt;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;

/** Work of a stream that was recorded once and is launched as a whole: a pass of hundreds of kernels costs one call. */
final class CudaGraph implements AutoCloseable {

    private final CUgraph_st graph;
    private final CUgraphExec_st executable = new CUgraphExec_st();

    private CudaGraph(CUgraph_st graph) {
        this.graph = graph;
        Cuda.check(cudart.cudaGraphInstantiate(executable, graph, 0), "making a graph of a pass");
    }

    /**
     * Records what {@code work} gives to the stream; nothing runs.
     *
     * @param work false if it failed
     * @return empty if the work is of a kind that cannot be recorded
     */
    static Optional<CudaGraph> record(CUstream_st stream, BooleanSupplier work) {
        Cuda.check(
                cudart.cudaStreamBeginCapture(stream, cudart.cudaStreamCaptureModeThreadLocal),
                "beginning to record a pass");
        boolean given = work.getAsBoolean();
        CUgraph_st graph = new CUgraph_st();
        int ended = cudart.cudaStreamEndCapture(stream, graph);
        if (!given || ended != cudart.cudaSuccess) {
            cudart.cudaGetLastError(); // else the next call would report it
            return Optional.empty();
        }
        return Optional.of(new CudaGraph(graph));
    }

    void launch(CUstream_st stream) {
        Cuda.check(cudart.cudaGraphLaunch(executable, stream), "launching a pass");
    }

    @Override
    public void close() {
        Cuda.check(cudart.cudaGraphExecDestroy(executable), "freeing a recorded pass");
        Cuda.check(cudart.cudaGraphDestroy(graph), "freeing a recorded pass");
    }
}
