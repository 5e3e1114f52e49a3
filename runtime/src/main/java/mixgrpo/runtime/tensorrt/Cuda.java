package mixgrpo.runtime.tensorrt;

import java.util.Optional;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;

/** The few calls of CUDA that are needed, each checked. */
final class Cuda {

    private Cuda() {}

    /** @throws IllegalStateException if a call failed; says at what, and CUDA's own words */
    static void check(int code, String doing) {
        if (code != cudart.cudaSuccess) {
            throw new IllegalStateException("CUDA, %s: %s".formatted(doing, words(code)));
        }
    }

    static String words(int code) {
        return "error %d, %s".formatted(code, cudart.cudaGetErrorString(code).getString());
    }

    /** Why a GPU cannot be used; empty if it can. Asked before anything of TensorRT, which without a driver gives pointers to nowhere. */
    static Optional<String> failure(int gpu) {
        int[] count = new int[1];
        int code = cudart.cudaGetDeviceCount(count);
        if (code != cudart.cudaSuccess) {
            return Optional.of("CUDA finds no GPU: " + words(code));
        }
        return gpu < count[0]
                ? Optional.empty()
                : Optional.of("expected a GPU below %d, got %d".formatted(count[0], gpu));
    }

    /** Makes calls of this thread go to a GPU. */
    static void use(int gpu) {
        check(cudart.cudaSetDevice(gpu), "choosing GPU " + gpu);
    }

    /** A stream of its own: what other threads do on the GPU neither waits for it nor disturbs its recording. */
    static CUstream_st stream() {
        CUstream_st stream = new CUstream_st();
        check(cudart.cudaStreamCreateWithFlags(stream, cudart.cudaStreamNonBlocking), "making a stream");
        return stream;
    }

    static void free(CUstream_st stream) {
        check(cudart.cudaStreamDestroy(stream), "freeing a stream");
    }

    /** Memory of the GPU in use; freed by {@link #free}. */
    static Pointer allocate(long bytes) {
        Pointer memory = new Pointer();
        check(cudart.cudaMalloc(memory, bytes), "taking %d bytes of the GPU's memory".formatted(bytes));
        return memory;
    }

    static void free(Pointer memory) {
        check(cudart.cudaFree(memory), "giving memory of the GPU back");
    }
}
