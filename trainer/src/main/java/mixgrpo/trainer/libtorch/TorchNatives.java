package mixgrpo.trainer.libtorch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * Libraries of a libtorch in a jar on the class path, as their own description has it.
 *
 * @param version {@code 2.5.1-20241113} for one
 * @param flavor {@code cpu}, or {@code cu124} for one
 * @param system {@code linux-x86_64} for one
 * @param libraries names of the files
 */
record TorchNatives(String version, String flavor, String system, List<String> libraries) {

    private static final String DESCRIPTION = "native/lib/pytorch.properties";

    /** All of this build. */
    static List<TorchNatives> ofBuild() {
        List<TorchNatives> natives = new ArrayList<>();
        try {
            for (URL url : Collections.list(TorchNatives.class.getClassLoader().getResources(DESCRIPTION))) {
                try (InputStream in = url.openStream()) {
                    natives.add(of(in));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("%s on the class path cannot be read".formatted(DESCRIPTION), e);
        }
        return natives;
    }

    /** @param description as in the jar */
    static TorchNatives of(InputStream description) throws IOException {
        Properties properties = new Properties();
        properties.load(description);
        return new TorchNatives(
                properties.getProperty("version", ""),
                properties.getProperty("flavor", ""),
                properties.getProperty("classifier", ""),
                List.of(properties.getProperty("libraries", "").split(",")));
    }

    /** Whether they compute on NVIDIA GPUs. */
    boolean isForGpus() {
        return flavor.startsWith("cu");
    }

    /** The CUDA runtime among them, by its path in the jar. */
    Optional<String> cudaRuntime() {
        return libraries.stream()
                .filter(name -> name.startsWith("libcudart"))
                .map(name -> "pytorch/%s/%s/%s".formatted(flavor, system, name))
                .findFirst();
    }
}
