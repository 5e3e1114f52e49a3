package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import mixgrpo.models.weights.AtomicFile;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.run.WritableFolder;

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
        }
        WritableFolder.refusal(folder).ifPresent(reason -> {
            throw new GivenException("%s %s: cannot be written, %s".formatted(option, path, reason));
        });
    }

    /** Writes it as a whole or not at all. */
    void write(byte[] content) throws IOException {
        if (path != null) {
            AtomicFile.write(path, content);
        }
    }
}
