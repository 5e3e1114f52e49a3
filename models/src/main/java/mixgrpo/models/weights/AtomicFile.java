package mixgrpo.models.weights;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file so that its name always stands for a complete one: into a temporary file beside it, to the disk, then
 * renamed. Killed in between, the old file is still there, and perhaps a hidden {@code .tmp}; on an exception nothing
 * is left behind.
 */
final class AtomicFile {

    private AtomicFile() {}

    interface Body {
        void writeTo(FileChannel channel) throws IOException;
    }

    static void write(Path file, Body body) throws IOException {
        Path target = file.toAbsolutePath();
        Path temporary = target.resolveSibling(".%s.%d-%d.tmp"
                .formatted(target.getFileName(), ProcessHandle.current().pid(), System.nanoTime()));
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                body.writeTo(channel);
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw new IOException("cannot write %s: %s".formatted(file, reason(e)), e);
        } catch (RuntimeException | Error e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        if (File.separatorChar == '/') { // the new name reaches the disk with its folder; Windows opens no folders
            try (FileChannel folder = FileChannel.open(target.getParent())) {
                folder.force(true);
            }
        }
    }

    /** The exceptions of the file system say no more than a path. */
    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "its folder does not exist";
        }
        return e instanceof AccessDeniedException ? "permission denied" : e.getMessage();
    }

    static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
