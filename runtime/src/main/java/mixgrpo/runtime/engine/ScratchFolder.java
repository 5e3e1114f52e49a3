package mixgrpo.runtime.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder beside the entries of a cache for what is in the making. It ends with its owner. Where the owner's process was killed, the next one that is
 * made in the same cache deletes it: a lock of the operating system, on a file beside it, tells what is still used, by whatever
 * process.
 */
public final class ScratchFolder implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ScratchFolder.class);

    private static final String PREFIX = ".scratch-";
    private static final String LOCK = ".lock";
    /** This process, in the names of its folders: it must not try its own locks, because closing a file ends all locks that a process has on it. */
    private static final String PROCESS = UUID.randomUUID().toString();

    private final Path path;
    private final Path lock;
    private final FileChannel held;

    private ScratchFolder(Path path, Path lock, FileChannel held) {
        this.path = path;
        this.lock = lock;
        this.held = held;
    }

    /**
     * A new one; the caller closes it.
     *
     * @param cache the folder that it lies in; made if it is not there
     * @throws IOException if it cannot be written to, or its file system has no locks
     */
    public static ScratchFolder in(Path cache) throws IOException {
        Files.createDirectories(cache);
        deleteLeftovers(cache);
        while (true) {
            Path lock = Files.createTempFile(cache, PREFIX + PROCESS + "-", LOCK);
            // Another process may take it for a leftover until it is locked, so it may have to be made again.
            FileChannel held = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                lock(held, cache);
                if (Files.exists(lock)) { // nobody took it for a leftover before it was locked
                    return new ScratchFolder(Files.createDirectory(folder(lock)), lock, held);
                }
                held.close();
            } catch (IOException | RuntimeException | Error e) {
                held.close();
                Files.deleteIfExists(lock);
                throw e;
            }
        }
    }

    private static void lock(FileChannel held, Path cache) throws IOException {
        try {
            held.lock();
        } catch (IOException e) {
            throw new IOException(
                    "%s: expected a file system with file locks, got '%s'; put the cache on a local disk"
                            .formatted(cache, e.getMessage()),
                    e);
        }
    }

    /** The folder that a lock is for. */
    private static Path folder(Path lock) {
        String name = lock.getFileName().toString();
        return lock.resolveSibling(name.substring(0, name.length() - LOCK.length()));
    }

    private static void deleteLeftovers(Path cache) throws IOException {
        try (DirectoryStream<Path> locks = Files.newDirectoryStream(cache, PREFIX + "*" + LOCK)) {
            for (Path lock : locks) {
                if (!lock.getFileName().toString().startsWith(PREFIX + PROCESS)) {
                    deleteUnused(lock);
                }
            }
        }
    }

    private static void deleteUnused(Path lock) {
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                FileLock free = channel.tryLock()) {
            if (free != null) {
                delete(folder(lock));
                Files.deleteIfExists(lock);
            }
        } catch (NoSuchFileException e) {
            LOG.debug("{} is gone already", lock);
        } catch (AccessDeniedException e) {
            LOG.debug("{} is another user's", lock);
        } catch (IOException e) { // a process that was its owner's may still be ending
            LOG.warn("{} was left by a process that is gone and cannot be deleted yet: {}", folder(lock), e.toString());
        }
    }

    /** Where it is. Its owner may move it away. */
    public Path path() {
        return path;
    }

    /** Deletes it with all that is in it. */
    @Override
    public void close() throws IOException {
        try (held) {
            delete(path);
            Files.deleteIfExists(lock);
        }
    }

    /** Deletes a folder and all that is in it, if it is there. */
    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
