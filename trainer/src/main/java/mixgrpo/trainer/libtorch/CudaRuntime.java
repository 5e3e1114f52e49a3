package mixgrpo.trainer.libtorch;

import ai.djl.util.Utils;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mixgrpo.models.weights.AtomicFile;

/**
 * Lets DJL see GPUs. Before it loads libtorch it asks a CUDA runtime of the system, by the name {@code cudart}, how many there are, and takes
 * libtorch for GPUs only if that runtime is at least of libtorch's version. A machine that has a driver alone has none, or an older one. The
 * jar with libtorch has one of the right version: it is unpacked under that name, into a folder that is searched first. DJL asks once in a
 * process, the tokenizers' part of it too, so this comes before both.
 */
final class CudaRuntime {

    /** Where JNA, by which DJL asks, looks first. */
    static final String SEARCHED = "jna." + "library.path";

    private static final String NAME = System.mapLibraryName("cudart");

    private CudaRuntime() {}

    /** Does nothing in a build for the CPU. */
    static void prepare() {
        prepare(Build.NATIVES, Utils.getEngineCacheDir("pytorch"));
    }

    /** What is in the jars, looked for once. */
    private static final class Build {
        private static final List<TorchNatives> NATIVES = TorchNatives.ofBuild();
    }

    /**
     * @param cache below which it is unpacked
     * @throws UncheckedIOException if it cannot be
     */
    static void prepare(List<TorchNatives> build, Path cache) {
        for (TorchNatives natives : build) {
            if (natives.cudaRuntime().isPresent()) {
                Path folder = cache.resolve("cudart-%s-%s".formatted(natives.version(), natives.flavor()));
                unpack(natives.cudaRuntime().get(), folder.resolve(NAME));
                search(folder);
            }
        }
    }

    private static void unpack(String resource, Path file) {
        if (Files.exists(file)) {
            return;
        }
        try (InputStream in = CudaRuntime.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(
                        "the jar with libtorch names %s and does not hold it".formatted(resource));
            }
            Files.createDirectories(file.getParent());
            AtomicFile.write(file, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("%s: the CUDA runtime cannot be unpacked".formatted(file), e);
        }
    }

    private static synchronized void search(Path folder) {
        String others = System.getProperty(SEARCHED, "");
        if (!List.of(others.split(File.pathSeparator)).contains(folder.toString())) {
            System.setProperty(SEARCHED, others.isEmpty() ? "" + folder : folder + File.pathSeparator + others);
        }
    }
}
