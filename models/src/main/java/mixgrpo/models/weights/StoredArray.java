package mixgrpo.models.weights;

import java.nio.file.Path;

/**
 * Where an array lies in a file: its elements one behind the other, row-major and little-endian. Another program can read it there.
 *
 * @param file that holds it
 * @param position of its first element, bytes
 * @param dtype of its elements
 */
public record StoredArray(Path file, long position, Dtype dtype) {}
