package mixgrpo.models.weights;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Arrays in a file or in the shards of one, checked whole when opened and read when asked for. May be read by several
 * threads at a time; must not be changed by others while it is open.
 */
public interface WeightsFile extends Weights, AutoCloseable {

    /**
     * Opens a {@code .safetensors} file, a pickled {@code .bin}, {@code .pt} or {@code .pth}, or an {@code .index.json}
     * with its shards.
     *
     * @throws IOException if it cannot be read or is not what it should be; names everything that is wrong with it
     */
    static WeightsFile open(Path file) throws IOException {
        String name = file.getFileName().toString();
        if (name.endsWith(".safetensors")) {
            return SafetensorsFile.open(file);
        }
        if (name.endsWith(".json")) {
            return ShardedFile.open(file);
        }
        if (name.matches(".*\\.(bin|pt|pth)")) {
            return PickledFile.open(file);
        }
        throw new IOException(
                "%s: expected a .safetensors, .bin, .pt or .pth file, or the .index.json of such".formatted(file));
    }

    /** The file, for a sharded one its index. */
    Path path();

    /** How every array is stored, by its key, in the order of {@link #shapes()}. */
    Map<String, Dtype> dtypes();

    /** The file's free text fields by name; of a sharded one, those of all shards together. */
    Map<String, String> metadata();

    /**
     * The whole numbers (ids, flags) of {@code key} in a new array of the caller, row-major.
     *
     * @throws IllegalArgumentException if there is no such key or it holds floats
     */
    long[] longs(String key);

    /**
     * The elements of {@code key} as they are stored, little-endian and row-major, in a new array of the caller: pixels
     * of a U8 array, say.
     *
     * @throws IllegalArgumentException if there is no such key or it is larger than 2 GB
     */
    byte[] bytes(String key);

    /** Lets go of the file. Reading afterwards is an {@link IllegalStateException}. */
    @Override
    void close();
}
