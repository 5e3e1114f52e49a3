package mixgrpo.runtime.engine;

import ai.onnxruntime.OrtEnvironment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/**
 * Which engines can run on this machine, and what is missing for the others: the one place that the commands ask when they choose an
 * engine, and {@code tools/doctor} when it explains the choice. Looks at files first, and starts a library only where all of its
 * files are there.
 */
public final class EngineProbe {

    /** The GPU that {@code ort-cuda} and {@code tensorrt} compute on, its number in the driver's order: system property, 0 unless given. */
    public static final String CUDA_DEVICE = "mixgrpo.cuda.device";

    private static final String CUDA_PROVIDER = "ai/onnxruntime/native/linux-x64/libonnxruntime_providers_cuda.so";

    /** What the CUDA provider of ONNX Runtime 1.29 is linked to, and cuDNN, which it loads when it starts. */
    private static final List<String> CUDA_12 = List.of(
            "libcuda.so.1",
            "libcudart.so.12",
            "libcublas.so.12",
            "libcublasLt.so.12",
            "libcurand.so.10",
            "libcufft.so.11",
            "libcudnn.so.9");

    /** What TensorRT 11 needs beside what comes with the build. */
    private static final List<String> TENSORRT_11 = List.of("libcuda.so.1");

    private static final int CUDA_12_DRIVER = 525;
    private static final int CUDA_13_DRIVER = 580;

    private final SharedLibraries libraries;
    private final Optional<NvidiaDriver> driver;
    private final Predicate<String> inBuild;
    private final IntFunction<Optional<String>> startOfCuda;
    private final Starter tensorRt;

    /**
     * A library outside of this package.
     *
     * @param resource that is on the class path of a build which has it
     * @param failure tries to start it on a GPU; gives what it said if it does not start
     */
    public record Starter(String resource, IntFunction<Optional<String>> failure) {}

    /**
     * What was found of an engine.
     *
     * @param engine as in a configuration
     * @param missing what it lacks, each with what to do about it; empty if it can run
     */
    public record Finding(String engine, List<String> missing) {

        public Finding {
            missing = List.copyOf(missing);
        }

        public boolean isUsable() {
            return missing.isEmpty();
        }

        /** What is missing as one sentence. */
        public String reason() {
            return String.join("; ", missing);
        }
    }

    private EngineProbe(Starter tensorRt) {
        this(
                SharedLibraries.ofProcess(),
                NvidiaDriver.ofMachine(),
                EngineProbe::isInBuild,
                OrtRuntime::failureOfCuda,
                tensorRt);
    }

    /**
     * @param inBuild whether a resource is on the class path
     * @param startOfCuda tries to start the CUDA provider on a device; gives what it said if it does not start
     */
    EngineProbe(
            SharedLibraries libraries,
            Optional<NvidiaDriver> driver,
            Predicate<String> inBuild,
            IntFunction<Optional<String>> startOfCuda,
            Starter tensorRt) {
        this.libraries = libraries;
        this.driver = driver;
        this.inBuild = inBuild;
        this.startOfCuda = startOfCuda;
        this.tensorRt = tensorRt;
    }

    /**
     * Of this machine and this build.
     *
     * @param tensorRt TensorRT's library
     */
    public static EngineProbe ofMachine(Starter tensorRt) {
        return new EngineProbe(tensorRt);
    }

    private static boolean isInBuild(String resource) {
        return OrtEnvironment.class.getClassLoader().getResource(resource) != null;
    }

    /**
     * The device that is asked for by {@value #CUDA_DEVICE}.
     *
     * @throws IllegalArgumentException if it is no number from 0 on
     */
    public static int cudaDevice() {
        String given = System.getProperty(CUDA_DEVICE, "0");
        if (!given.matches("[0-9]{1,3}")) {
            throw new IllegalArgumentException(
                    "-D%s: expected the number of a GPU, 0 or more, got '%s'".formatted(CUDA_DEVICE, given));
        }
        return Integer.parseInt(given);
    }

    /** ONNX Runtime on the CPU: whether its library starts. */
    public Finding ortCpu() {
        try {
            OrtRuntime.environment();
            return new Finding("ort-cpu", List.of());
        } catch (EngineUnavailableException e) {
            return new Finding("ort-cpu", List.of(e.getMessage()));
        }
    }

    /** ONNX Runtime on an NVIDIA GPU, with CUDA 12. */
    public Finding ortCuda() {
        List<String> missing = new ArrayList<>();
        if (!inBuild.test(CUDA_PROVIDER)) {
            missing.add("this build has ONNX Runtime without CUDA (build and run with MIXGRPO_PROFILE=ort-cuda)");
        }
        missing.addAll(missingOfCuda(CUDA_12_DRIVER, "CUDA 12", CUDA_12));
        return started("ort-cuda", missing, startOfCuda);
    }

    /** TensorRT on an NVIDIA GPU, with CUDA 13. */
    public Finding tensorRt() {
        List<String> missing = new ArrayList<>();
        if (!inBuild.test(tensorRt.resource())) {
            missing.add("this build has no TensorRT (build and run with MIXGRPO_PROFILE=tensorrt)");
        }
        missing.addAll(missingOfCuda(CUDA_13_DRIVER, "TensorRT 11 with CUDA 13", TENSORRT_11));
        return started("tensorrt", missing, tensorRt.failure());
    }

    /** Where nothing is missing, whether it starts. */
    private static Finding started(String engine, List<String> missing, IntFunction<Optional<String>> start) {
        int device = cudaDevice();
        if (missing.isEmpty()) {
            start.apply(device)
                    .ifPresent(
                            said -> missing.add("GPU %d does not start: %s (another by MIXGRPO_JAVA_OPTS=-D%s=NUMBER)"
                                    .formatted(device, said, CUDA_DEVICE)));
        }
        return new Finding(engine, missing);
    }

    private List<String> missingOfCuda(int oldest, String what, List<String> names) {
        List<String> missing = new ArrayList<>();
        NvidiaDriver.missing(driver, oldest, what).ifPresent(missing::add);
        List<String> absent = libraries.missing(names);
        if (!absent.isEmpty()) {
            missing.add("missing libraries: %s (install %s, or name their folders in LD_LIBRARY_PATH)"
                    .formatted(String.join(", ", absent), packages(absent, what)));
        }
        return missing;
    }

    /** What brings libraries to a machine. */
    private static String packages(List<String> absent, String what) {
        List<String> packages = new ArrayList<>();
        if (absent.contains("libcuda.so.1")) {
            packages.add("the driver");
        }
        if (absent.stream().anyMatch(name -> !name.startsWith("libcuda.") && !name.startsWith("libcudnn."))) {
            packages.add(what);
        }
        if (absent.contains("libcudnn.so.9")) {
            packages.add("cuDNN 9");
        }
        return String.join(", ", packages);
    }
}
