package mixgrpo.tools.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The processor of this machine. */
final class Processor {

    private static final Path INFORMATION = Path.of("/proc/cpuinfo");
    private static final String NAME = "model name";

    private Processor() {}

    /** Its maker's name for it, or its architecture where the system does not tell. */
    static String name() {
        try {
            List<String> lines = Files.readAllLines(INFORMATION);
            return lines.stream()
                    .filter(line -> line.startsWith(NAME))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) { // not Linux
            return System.getProperty("os.arch");
        }
    }
}
