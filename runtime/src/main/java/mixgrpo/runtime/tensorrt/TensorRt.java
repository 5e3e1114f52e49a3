package mixgrpo.runtime.tensorrt;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.runtime.engine.SharedLibraries;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvonnxparser;

/**
 * The one place that starts TensorRT's libraries. JavaCPP's own loader wants cuBLAS 13 and cuDNN 9, which TensorRT does without and Maven Central
 * does not have; where the system has them it is used, elsewhere the libraries are unpacked and loaded one after the other.
 */
public final class TensorRt {

    /** What only a build with the profile {@code tensorrt} has on its class path. */
    public static final String LIBRARY = "org/bytedeco/tensorrt/linux-x86_64/libnvinfer.so.11";

    /** Each needs those before it. */
    static final List<String> ORDER = List.of(
            "org/bytedeco/javacpp/linux-x86_64/libjnijavacpp.so",
            "org/bytedeco/cuda/linux-x86_64/libcudart.so.13",
            "org/bytedeco/cuda/linux-x86_64/libjnicudart.so",
            "org/bytedeco/cuda/linux-x86_64/libnvrtc-builtins.so.13.3",
            "org/bytedeco/cuda/linux-x86_64/libnvrtc.so.13",
            LIBRARY,
            "org/bytedeco/tensorrt/linux-x86_64/libjninvinfer.so",
            "org/bytedeco/tensorrt/linux-x86_64/libnvonnxparser.so.11",
            "org/bytedeco/tensorrt/linux-x86_64/libjninvonnxparser.so");

    /** Kernels that TensorRT loads itself when it builds a plan, from the folder that it is told. */
    private static final String BUILDER =
            "org/bytedeco/tensorrt/linux-x86_64/libnvinfer_builder_resource_ptx.so.11.2.1";

    /** What JavaCPP's loader needs beyond the class path. */
    static final List<String> ORDINARY = List.of("libcublas.so.13", "libcublasLt.so.13", "libcudnn.so.9");

    private static final String VERSION_FILE = "/META-INF/maven/org.bytedeco/tensorrt/pom.properties";

    private TensorRt() {}

    /** Found once: a second try would fail in another way, because the JVM remembers classes that did not start. */
    private static final class Start {
        private static final Optional<Throwable> FAILURE = start();
    }

    /** Version of the library and its binding, as Maven calls them. */
    public static String version() {
        Properties properties = new Properties();
        try (InputStream file = TensorRt.class.getResourceAsStream(VERSION_FILE)) {
            if (file != null) {
                properties.load(file);
            }
        } catch (IOException e) {
            throw new IllegalStateException("%s on the class path cannot be read".formatted(VERSION_FILE), e);
        }
        return properties.getProperty("version", "unknown");
    }

    /** Why TensorRT does not start on a GPU; empty if it does. Unpacks a gigabyte when it is asked first. */
    public static Optional<String> failure(int gpu) {
        return Start.FAILURE.map(TensorRt::described).or(() -> Cuda.failure(gpu));
    }

    /** @throws EngineUnavailableException if TensorRT does not start on this GPU; says why */
    static void require(int gpu) {
        failure(gpu).ifPresent(reason -> {
            throw new EngineUnavailableException(
                    "TensorRT does not start on GPU %d: %s; tools/doctor --engine tensorrt says what is missing"
                            .formatted(gpu, reason),
                    Start.FAILURE.orElse(null));
        });
    }

    private static String described(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    private static Optional<Throwable> start() {
        List<String> absent =
                ORDER.stream().filter(name -> resource(name) == null).toList();
        if (!absent.isEmpty()) {
            return Optional.of(new EngineUnavailableException(
                    "this build does not have %s (build and run with MIXGRPO_PROFILE=tensorrt)"
                            .formatted(String.join(", ", absent))));
        }
        try {
            if (SharedLibraries.ofProcess().missing(ORDINARY).isEmpty()) {
                Loader.load(cudart.class);
                Loader.load(nvinfer.class);
                Loader.load(nvonnxparser.class);
            } else {
                System.setProperty("org.bytedeco.javacpp.loadlibraries", "false"); // before JavaCPP reads it
                for (String name : ORDER) {
                    System.load(unpacked(name).getPath());
                }
            }
            File kernels = unpacked(BUILDER);
            if (!nvinfer.setInternalLibraryPath(kernels.getParent())) {
                return Optional.of(new IllegalStateException(
                        "TensorRT refuses %s as the folder of its builder's kernels".formatted(kernels.getParent())));
            }
            return Optional.empty();
        } catch (LinkageError | IOException | RuntimeException e) {
            return Optional.of(e);
        }
    }

    private static URL resource(String name) {
        return TensorRt.class.getClassLoader().getResource(name);
    }

    /** The file in JavaCPP's cache, which several processes may fill at once. */
    private static File unpacked(String name) throws IOException {
        File file = Loader.cacheResource(resource(name));
        if (file == null) {
            throw new IOException("%s could not be unpacked into the cache of native libraries".formatted(name));
        }
        return file;
    }
}
