package mixgrpo.tools.bundle;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.spi.ToolProvider;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.failure.RunFailedException;

/** The part of this JDK that the program needs, linked by {@code jlink}. */
final class JavaRuntime {

    /** What the program and its libraries use: pictures (java.desktop), Unsafe and signals, random numbers, Jackson's and DJL's. */
    static final List<String> MODULES = List.of(
            "java.base",
            "java.desktop",
            "java.logging",
            "java.management",
            "java.naming",
            "java.net.http",
            "java.sql",
            "java.xml",
            "jdk.charsets",
            "jdk.crypto.ec",
            "jdk.management",
            "jdk.random",
            "jdk.unsupported",
            "jdk.zipfs");

    private JavaRuntime() {}

    /** @throws GivenException if this Java cannot make one */
    static ToolProvider tool() {
        Optional<ToolProvider> jlink = ToolProvider.findFirst("jlink");
        return jlink.orElseThrow(() -> new GivenException("%s has no jlink; set JAVA_HOME to a whole JDK, 17 or newer"
                .formatted(System.getProperty("java.home"))));
    }

    /** @param folder that does not exist */
    static void link(Path folder) {
        StringWriter said = new StringWriter();
        PrintWriter to = new PrintWriter(said);
        int code = tool().run(
                        to,
                        to,
                        "--add-modules",
                        String.join(",", MODULES),
                        "--strip-java-debug-attributes",
                        "--no-header-files",
                        "--no-man-pages",
                        "--output",
                        folder.toString());
        if (code != 0) {
            throw new RunFailedException(
                    "jlink of %s failed with code %d: %s; does this JDK have its folder jmods?"
                            .formatted(
                                    System.getProperty("java.home"),
                                    code,
                                    said.toString().strip()),
                    null);
        }
    }
}
