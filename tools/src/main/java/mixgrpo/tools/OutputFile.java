package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.run.RunFolder;

/**
 * A file that a measurement is written to if the user wants it.
 *
 * @param option that names it
 * @param path null if it was not given
 */
record OutputFile(String option, Path path) {

    /** Refuses what cannot be written before anything is measured. */
    void check() {
        if (path == null) {
            return;
        }
        Path folder = path.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(path)) {
            throw new GivenException("%s %s: expected a file, it is a folder".formatted(option, path));
        } else if (!Files.isDirectory(folder)) {
            throw new GivenException(
                    "%s %s: expected a file in a folder that exists, %s does not".formatted(option, path, folder));
        } else if (!Files.isWritable(folder)) {
            throw new GivenException("%s %s: no permission to write in %s".formatted(option, path, folder));
        }
    }

    /** Writes it as a whole or not at all. */
    void write(byte[] content) throws IOException {
        if (path != null) {
            RunFolder.writeWhole(path, content);
        }
    }
}
