package mixgrpo.tools.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import mixgrpo.tools.failure.GivenException;

/**
 * Keeps a second process out of a folder that one writes to. The operating system holds the lock, so it ends with the process, however
 * that ends; its empty file stays.
 */
public final class FolderLock implements AutoCloseable {

    private static final String FILE = ".lock";

    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock, until it is closed.
     *
     * @param folder that exists
     * @throws GivenException if another process has it
     * @throws IOException if the folder cannot be written to, or its file system has no locks
     */
    public static FolderLock of(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException ofThisProcess) {
            lock = null;
        } catch (FileSystemException e) {
            channel.close();
            throw e;
        } catch (IOException e) {
            channel.close();
            throw new IOException("%s: cannot be locked: %s".formatted(file, e.getMessage()), e);
        }
        if (lock == null) {
            channel.close();
            throw new GivenException("%s: another process is at work in this folder; wait until it has ended, or end it"
                    .formatted(folder));
        }
        return new FolderLock(channel);
    }

    /** Deletes a folder that holds nothing but the lock, which is let go with it. */
    public static void deleteEmpty(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(FILE));
        Files.delete(folder);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
