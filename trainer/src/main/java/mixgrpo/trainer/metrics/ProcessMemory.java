package mixgrpo.trainer.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The memory of this process, native libraries' included, as Linux counts it. */
public final class ProcessMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Pattern PEAK = Pattern.compile("VmHWM:\\s*([0-9]+) kB");

    private ProcessMemory() {}

    /**
     * The largest resident memory so far, in bytes.
     *
     * @throws IOException if the system does not tell
     */
    public static long peakResidentBytes() throws IOException {
        Matcher peak = PEAK.matcher(Files.readString(STATUS));
        if (!peak.find()) {
            throw new IOException("%s: expected a line VmHWM, got none".formatted(STATUS));
        }
        return Long.parseLong(peak.group(1)) * 1024;
    }
}
