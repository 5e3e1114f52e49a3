package mixgrpo.tools.train;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What this process may have of memory, in bytes.
 *
 * @param machine what other programs leave of the machine's
 * @param container the limit of the container that it runs in; the whole machine outside of one
 * @param heap the largest heap of this Java
 */
record MemoryLeft(long machine, long container, long heap) {

    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s*([0-9]+) kB");

    /** As it is now. */
    static MemoryLeft now() throws IOException {
        Matcher available = AVAILABLE.matcher(Files.readString(MEMORY));
        if (!available.find()) {
            throw new IOException("%s: expected a line MemAvailable, got none".formatted(MEMORY));
        }
        return new MemoryLeft(
                Long.parseLong(available.group(1)) * 1024,
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize(),
                Runtime.getRuntime().maxMemory());
    }
}
