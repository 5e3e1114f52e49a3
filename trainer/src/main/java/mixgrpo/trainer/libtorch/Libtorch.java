package mixgrpo.trainer.libtorch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.pytorch.jni.LibUtils;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mixgrpo.runtime.engine.EngineUnavailableException;

/**
 * The libtorch of this process.
 *
 * @param version {@code 2.7.1} for one
 * @param flavor what it was built for: {@code cpu}, or {@code cu124} for NVIDIA GPUs with CUDA 12.4
 * @param gpus how many GPUs it sees; 0 for a build that computes on the CPU only
 */
public record Libtorch(String version, String flavor, int gpus) {

    /** In the name of the folder that DJL unpacks it to. */
    private static final Pattern FLAVOR = Pattern.compile("-(cpu|cu\\d+)(-|$)");

    /**
     * Loads it, if nothing has yet.
     *
     * @throws EngineUnavailableException if its library cannot be loaded
     */
    public static Libtorch load() {
        Engine engine = engine();
        return new Libtorch(engine.getVersion(), flavor(Path.of(LibUtils.getLibtorchPath())), engine.getGpuCount());
    }

    /**
     * DJL's engine, which it loads.
     *
     * @throws EngineUnavailableException if it cannot be loaded
     */
    public static Engine engine() {
        CudaRuntime.prepare();
        try {
            return Engine.getEngine("PyTorch");
        } catch (EngineException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            throw new EngineUnavailableException(
                    "libtorch does not load: %s; tools/doctor says what this machine lacks".formatted(reason), e);
        }
    }

    /** Of a library in a folder of the user's (PYTORCH_LIBRARY_PATH), what the user says. */
    private static String flavor(Path folder) {
        Matcher flavor = FLAVOR.matcher(folder.getFileName().toString());
        String given = System.getenv("PYTORCH_FLAVOR");
        return flavor.find() ? flavor.group(1) : given == null ? "of " + folder : given;
    }

    /** {@code 2.7.1 (cpu)} for one. */
    @Override
    public String toString() {
        return "%s (%s)".formatted(version, flavor);
    }
}
