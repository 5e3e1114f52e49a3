package mixgrpo.runtime.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The NVIDIA driver and its devices, as the kernel's module reports them; no library is loaded.
 *
 * @param version {@code 580.159.03} for one
 * @param devices the GPUs' names
 */
public record NvidiaDriver(String version, List<String> devices) {

    private static final Pattern VERSION = Pattern.compile("Module[^0-9]*(?:for [^ ]+ +)?([0-9]+(?:\\.[0-9]+)+)");
    private static final Pattern MODEL = Pattern.compile("(?m)^Model:\\s*(.*\\S)");

    public NvidiaDriver {
        devices = List.copyOf(devices);
    }

    /** The running one; empty if the kernel has none. */
    public static Optional<NvidiaDriver> ofMachine() {
        return of(Path.of("/proc/driver/nvidia"));
    }

    /**
     * @param folder that the module fills
     * @throws UncheckedIOException if it is there and cannot be read
     */
    static Optional<NvidiaDriver> of(Path folder) {
        Path version = folder.resolve("version");
        if (!Files.exists(version)) {
            return Optional.empty();
        }
        try {
            Matcher module = VERSION.matcher(Files.readString(version));
            return Optional.of(
                    new NvidiaDriver(module.find() ? module.group(1) : "unknown", devices(folder.resolve("gpus"))));
        } catch (IOException e) {
            throw new UncheckedIOException("%s: the NVIDIA driver's report cannot be read".formatted(folder), e);
        }
    }

    private static List<String> devices(Path folder) throws IOException {
        List<String> devices = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> gpus = Files.newDirectoryStream(folder)) {
                List<Path> byAddress = new ArrayList<>();
                gpus.forEach(byAddress::add);
                Collections.sort(byAddress); // as tools/launch has CUDA number them
                for (Path gpu : byAddress) {
                    Matcher model = MODEL.matcher(Files.readString(gpu.resolve("information")));
                    devices.add(model.find() ? model.group(1) : "GPU at " + gpu.getFileName());
                }
            }
        }
        return devices;
    }

    /**
     * Why a driver does not do, with what to do about it; empty if it does.
     *
     * @param oldest main version that does
     * @param what needs it
     */
    public static Optional<String> missing(Optional<NvidiaDriver> driver, int oldest, String what) {
        if (driver.isEmpty()) {
            return Optional.of("no NVIDIA driver runs (%s needs version %d or newer)".formatted(what, oldest));
        }
        return driver.get().isAtLeast(oldest)
                ? Optional.empty()
                : Optional.of("the NVIDIA driver is version %s (%s needs %d or newer)"
                        .formatted(driver.get().version(), what, oldest));
    }

    /** Whether the driver is at least of this main version; one whose version is unknown is taken to be. */
    boolean isAtLeast(int main) {
        return version.equals("unknown") || Integer.parseInt(version.substring(0, version.indexOf('.'))) >= main;
    }
}
