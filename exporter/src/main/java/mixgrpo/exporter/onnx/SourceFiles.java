package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import mixgrpo.models.weights.StoredArray;
import mixgrpo.models.weights.Weights;

/**
 * Files that hold a model's weights already, as external data of an ONNX file. ONNX Runtime reads none that is not really inside the ONNX
 * file's folder: no absolute path, no "..", no symbolic link out of it. A file elsewhere therefore becomes a hard link in that folder.
 */
final class SourceFiles {

    private final Path dir;
    private final Map<Path, String> locations = new HashMap<>();

    /** @param dir folder of the ONNX file, which exists */
    SourceFiles(Path dir) throws IOException {
        this.dir = dir.toRealPath();
    }

    /** Where a parameter lies, if another program can read it there as it is: in one piece, of a float type, on an even address. */
    static Optional<StoredArray> place(Weights weights, String key) {
        return weights.stored(key)
                .filter(array -> ElementType.of(array.dtype()).isPresent()
                        && array.position() % array.dtype().bytes() == 0);
    }

    /**
     * The location of a file relative to the ONNX file; a hard link is made where the file is not in its folder.
     *
     * @throws IOException if no link can be made; says what to do
     */
    String location(Path file) throws IOException {
        Path real = file.toRealPath();
        String known = locations.get(real);
        if (known != null) {
            return known;
        }
        String location = real.startsWith(dir) ? dir.relativize(real).toString().replace('\\', '/') : link(file, real);
        locations.put(real, location);
        return location;
    }

    private String link(Path file, Path real) throws IOException {
        Path link = dir.resolve(file.getFileName().toString());
        try {
            if (Files.exists(link) && Files.isSameFile(link, real)) {
                return link.getFileName().toString();
            }
            Files.createLink(link, real);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(
                    "%s: exists already and is another file than %s; choose an empty folder for what is exported"
                            .formatted(link, file),
                    e);
        } catch (FileSystemException | UnsupportedOperationException e) {
            throw new IOException(
                    "%s: cannot be made a hard link to %s (%s), and ONNX Runtime reads weights from no other folder; choose a folder on the same file system, the model's own for one, or have the weights copied (--weights external)"
                            .formatted(
                                    link, real, e instanceof FileSystemException f ? f.getReason() : "not supported"),
                    e);
        }
        return link.getFileName().toString();
    }
}
