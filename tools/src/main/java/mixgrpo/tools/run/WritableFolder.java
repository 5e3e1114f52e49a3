package mixgrpo.tools.run;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Whether a folder takes files. It is tried out: permissions do not tell of {@code /proc} or of a read-only disk. */
public final class WritableFolder {

    private WritableFolder() {}

    /**
     * Why nothing can be written there; empty if something can. Leaves nothing behind.
     *
     * @param folder which need not exist: then the nearest one above it is tried
     */
    public static Optional<String> refusal(Path folder) {
        Path existing = folder.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing)) {
            return Optional.of("%s is a file".formatted(existing));
        }
        try {
            Files.delete(Files.createTempFile(existing, ".writable", ""));
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("nothing can be created in %s: %s".formatted(existing, reason(e)));
        }
    }

    /** What went wrong in words: the message of many exceptions of the file system is no more than a path. */
    static String reason(IOException e) {
        if (e instanceof FileSystemException file) {
            return file.getReason() == null ? file.getClass().getSimpleName() : file.getReason();
        }
        return e.getMessage();
    }
}
