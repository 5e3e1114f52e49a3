package mixgrpo.trainer.libtorch;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.util.cuda.CudaUtils;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import mixgrpo.runtime.engine.EngineProbe;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.engine.NvidiaDriver;

/**
 * What libtorch computes on.
 *
 * @param gpu its number, from 0 on; empty for the CPU
 */
public record TorchDevice(OptionalInt gpu) {

    public static final TorchDevice CPU = new TorchDevice(OptionalInt.empty());

    /** What CUDA 12 asks for. */
    private static final int OLDEST_DRIVER = 525;

    /**
     * The one that a configuration asks for. Loads libtorch where that may be a GPU. Call it before anything that reads prompts: DJL looks for
     * GPUs once.
     *
     * @throws EngineUnavailableException if a GPU is asked for and there is none, saying what is missing and what to do
     * @throws IllegalArgumentException if {@value EngineProbe#CUDA_DEVICE} is not the number of a GPU
     */
    public static TorchDevice of(DeviceChoice choice) {
        return choice == DeviceChoice.CPU || choice == DeviceChoice.AUTO && !isBuiltForGpus()
                ? CPU
                : of(choice, Libtorch.load(), missing(Libtorch.load()), EngineProbe.cudaDevice());
    }

    /** @param number of the GPU that is meant */
    static TorchDevice of(DeviceChoice choice, Libtorch torch, List<String> missing, int number) {
        if (torch.gpus() == 0) {
            if (choice == DeviceChoice.GPU) {
                throw new EngineUnavailableException("device: gpu cannot be used here:%n  %s%nauto takes the CPU"
                        .formatted(String.join("%n  ".formatted(), missing)));
            }
            return CPU;
        }
        if (number >= torch.gpus()) {
            throw new IllegalArgumentException("-D%s: expected 0..%d, the GPUs that libtorch sees, got %d"
                    .formatted(EngineProbe.CUDA_DEVICE, torch.gpus() - 1, number));
        }
        return new TorchDevice(OptionalInt.of(number));
    }

    /** Why libtorch sees no GPU here, each reason with what to do about it; empty if it does. Loads it. */
    public static List<String> missing() {
        return missing(Libtorch.load());
    }

    private static List<String> missing(Libtorch torch) {
        return missing(torch, isBuiltForGpus(), NvidiaDriver.ofMachine());
    }

    /** Whether this build has a libtorch for GPUs, or there is one of the user's, which may be. */
    public static boolean isBuiltForGpus() {
        return System.getenv("PYTORCH_LIBRARY_PATH") != null
                || TorchNatives.ofBuild().stream().anyMatch(TorchNatives::isForGpus);
    }

    /** @param inBuild whether there is a libtorch for GPUs */
    static List<String> missing(Libtorch torch, boolean inBuild, Optional<NvidiaDriver> driver) {
        List<String> missing = new ArrayList<>();
        if (torch.gpus() > 0) {
            return missing;
        }
        if (!inBuild) {
            missing.add("this build has libtorch for the CPU only (build and run with MIXGRPO_PROFILE=cuda)");
        }
        NvidiaDriver.missing(driver, OLDEST_DRIVER, "CUDA 12.4").ifPresent(missing::add);
        if (missing.isEmpty()) {
            missing.add(
                    "libtorch %s sees no GPU although a driver runs: does CUDA_VISIBLE_DEVICES hide them, and may this user open /dev/nvidia*?"
                            .formatted(torch));
        }
        return missing;
    }

    public boolean isGpu() {
        return gpu.isPresent();
    }

    /** Its memory as all programs use it; empty for the CPU. */
    public Optional<MemoryUsage> memory() {
        return isGpu() ? Optional.of(CudaUtils.getGpuMemory(device())) : Optional.empty();
    }

    /** Owner of arrays on it; the caller closes it. The first call loads libtorch. */
    public NDManager newManager() {
        return Libtorch.engine().newBaseManager(device());
    }

    private Device device() {
        return isGpu() ? Device.gpu(gpu.getAsInt()) : Device.cpu();
    }

    /** For people. */
    @Override
    public String toString() {
        return isGpu() ? "GPU %d".formatted(gpu.getAsInt()) : "the CPU";
    }
}
