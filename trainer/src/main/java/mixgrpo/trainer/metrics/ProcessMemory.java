package mixgrpo.trainer.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The memory of this process, native libraries' included, as Linux counts it. */
public final class ProcessMemory {

    private static final Path STATUS = Path.of("/proc/self/status");

    private ProcessMemory() {}

    /**
     * The largest resident memory so far, in bytes.
     *
     * @throws IOException if the system does not tell
     */
    public static long peakResidentBytes() throws IOException {
        return bytes("VmHWM");
    }

    /**
     * The resident memory now, in bytes.
     *
     * @throws IOException if the system does not tell
     */
    public static long residentBytes() throws IOException {
        return bytes("VmRSS");
    }

    private static long bytes(String key) throws IOException {
        Matcher line = Pattern.compile(key + ":\\s*([0-9]+) kB").matcher(Files.readString(STATUS));
        if (!line.find()) {
            throw new IOException("%s: expected a line %s, got none".formatted(STATUS, key));
        }
        return Long.parseLong(line.group(1)) * 1024;
    }
}
