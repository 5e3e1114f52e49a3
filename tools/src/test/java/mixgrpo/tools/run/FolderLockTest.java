package mixgrpo.tools.run;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import mixgrpo.tools.failure.GivenException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLockTest {

    @TempDir
    private Path folder;

    @Test
    void oneAtATime() throws IOException {
        FolderLock lock = FolderLock.of(folder);
        String message =
                assertThrows(GivenException.class, () -> FolderLock.of(folder)).getMessage();
        assertTrue(message.startsWith(folder + ": another process is at work"), message);
        lock.close();
        FolderLock.of(folder).close();
    }

    @Test
    void aFolderThatHoldsOnlyTheLockGoesWithIt() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        FolderLock lock = FolderLock.of(empty);
        FolderLock.deleteEmpty(empty);
        lock.close();
        assertFalse(Files.exists(empty));
    }
}
