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
import java.util.stream.Stream;

/**
 * Writes a file so that its name always stands for a complete one: into a temporary file beside it, to the disk, then
 * renamed. Killed in between, the old file is still there, and perhaps a hidden {@code .tmp} ({@link #deleteLeftovers}); on an
 * exception nothing is left behind.
 */
public final class AtomicFile {

    private AtomicFile() {}

    /** Writes the content. */
    @FunctionalInterface
    public interface Body {
        void writeTo(FileChannel channel) throws IOException;
    }

    /** Writes the content, which says the file's name in the end. */
    @FunctionalInterface
    public interface NamedBody {
        String writeTo(FileChannel channel) throws IOException;
    }

    /** @throws IOException naming the file and the reason, a full disk for one */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, channel -> writeFully(channel, ByteBuffer.wrap(content)));
    }

    /** @throws IOException naming the file and the reason, a full disk for one */
    public static void write(Path file, Body body) throws IOException {
        Path target = file.toAbsolutePath();
        String name = target.getFileName().toString();
        write(target.getParent(), name, file, channel -> {
            body.writeTo(channel);
            return name;
        });
    }

    /**
     * Writes a file that is named for its content.
     *
     * @param folder where it shall lie
     * @param stem that its name begins with, for messages and the temporary file
     */
    public static void write(Path folder, String stem, NamedBody body) throws IOException {
        write(folder.toAbsolutePath(), stem, folder.resolve(stem), body);
    }

    private static void write(Path folder, String stem, Path called, NamedBody body) throws IOException {
        Path temporary = folder.resolve(
                ".%s.%d-%d.tmp".formatted(stem, ProcessHandle.current().pid(), System.nanoTime()));
        try {
            String name;
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                name = body.writeTo(channel);
                channel.force(true);
            }
            Files.move(temporary, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw new IOException("cannot write %s: %s".formatted(called, reason(e)), e);
        } catch (RuntimeException | Error e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        if (File.separatorChar == '/') { // the new name reaches the disk with its folder; Windows opens no folders
            try (FileChannel names = FileChannel.open(folder)) {
                names.force(true);
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

    /** Deletes what killed processes have left in a folder and those below it, while nobody else writes there. */
    public static void deleteLeftovers(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(AtomicFile::isTemporary).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static boolean isTemporary(Path file) {
        return file.getFileName().toString().matches("\\..+\\.\\d+-\\d+\\.tmp");
    }

    /** Writes all that remains of the buffer. */
    public static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
