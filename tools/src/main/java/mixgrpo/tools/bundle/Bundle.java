package mixgrpo.tools.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Makes a bundle: beside its place first, and renamed when it is complete. */
public final class Bundle {

    /** The file by which the launcher knows a bundle. */
    private static final String MARK = "BUNDLE";

    private Bundle() {}

    /** The modules of Java that a bundle has. */
    public static List<String> modules() {
        return JavaRuntime.MODULES;
    }

    /** Refuses a Java that cannot make one, before anything is copied. */
    public static void checkJava() {
        JavaRuntime.tool();
    }

    /**
     * @param out a folder that does not exist
     * @param description what it is made of, for people
     * @param partBytes the size of its parts; empty for the folder itself
     * @throws IOException if it cannot be written; nothing is left behind then
     */
    public static void write(BundlePlan plan, Path out, String description, OptionalLong partBytes)
            throws IOException, InterruptedException {
        Path target = out.toAbsolutePath().normalize();
        Files.createDirectories(target.getParent());
        Path work = Files.createTempDirectory(target.getParent(), ".bundle");
        try {
            Path whole = Files.createDirectory(work.resolve("whole"));
            JavaRuntime.link(whole.resolve("java"));
            for (Map.Entry<String, Path> file : plan.files().entrySet()) {
                Path copy = whole.resolve(file.getKey());
                Files.createDirectories(copy.getParent());
                Files.copy(file.getValue(), copy);
            }
            Files.writeString(whole.resolve(MARK), description);
            Checksums.write(whole);
            Path ready = whole;
            if (partBytes.isPresent()) {
                ready = Files.createDirectory(work.resolve("parts"));
                Parts.write(whole, ready, partBytes.getAsLong());
            }
            Files.move(ready, target);
        } finally {
            delete(work);
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(folder)) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : deepestFirst) {
            Files.delete(path);
        }
    }
}
