package mixgrpo.tools.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A processor as Linux describes it.
 *
 * @param name its maker's, or its architecture where the system does not tell
 * @param features that it has beyond its architecture's, {@code avx2} for one; none where the system does not tell
 */
public record Processor(String name, Set<String> features) {

    private static final Path INFORMATION = Path.of("/proc/cpuinfo");

    public Processor {
        features = Set.copyOf(features);
    }

    /** That of this machine. */
    public static Processor ofMachine() {
        try {
            return of(Files.readString(INFORMATION));
        } catch (IOException e) { // not Linux
            return of("");
        }
    }

    /** @param information as in {@code /proc/cpuinfo} */
    public static Processor of(String information) {
        return new Processor(
                field("model name", information).orElse(System.getProperty("os.arch")),
                new HashSet<>(List.of(field("flags", information).orElse("").split(" "))));
    }

    private static Optional<String> field(String key, String information) {
        Matcher matcher =
                Pattern.compile("(?m)^%s\\s*:\\s*(.*\\S)".formatted(key)).matcher(information);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
