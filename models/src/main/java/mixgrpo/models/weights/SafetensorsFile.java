package mixgrpo.models.weights;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A memory-mapped safetensors file of any size (format: github.com/huggingface/safetensors). Opening reads and checks
 * the header.
 */
public final class SafetensorsFile implements WeightsFile {

    private final Path path;
    private final Map<String, String> metadata;
    private final MappedArrays arrays;

    private SafetensorsFile(Path path, Map<String, String> metadata, MappedArrays arrays) {
        this.path = path;
        this.metadata = metadata;
        this.arrays = arrays;
    }

    /**
     * Opens one file.
     *
     * @throws IOException if it cannot be read or breaks the format; names everything that is wrong with it
     */
    public static SafetensorsFile open(Path file) throws IOException {
        return open(file, MappedFile.WINDOW);
    }

    static SafetensorsFile open(Path file, int window) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s: no such file".formatted(file));
        }
        try (FileChannel channel = FileChannel.open(file)) {
            SafetensorsHeader header = SafetensorsHeader.read(channel, file);
            Map<String, MappedArrays.Place> places = new LinkedHashMap<>();
            header.entries()
                    .forEach((key, entry) -> places.put(
                            key,
                            MappedArrays.Place.rowMajor(
                                    entry.dtype(), entry.shape(), header.dataStart() + entry.begin())));
            return new SafetensorsFile(
                    file, header.metadata(), new MappedArrays(file, new MappedFile(channel, window), places));
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Map<String, long[]> shapes() {
        return arrays.shapes();
    }

    @Override
    public Map<String, Dtype> dtypes() {
        return arrays.dtypes();
    }

    @Override
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    @Override
    public void read(String key, FloatBuffer target) {
        arrays.read(key, target);
    }

    @Override
    public void pieces(String key, Consumer<FloatBuffer> sink) {
        arrays.pieces(key, sink);
    }

    @Override
    public long[] longs(String key) {
        return arrays.longs(key);
    }

    @Override
    public byte[] bytes(String key) {
        return arrays.bytes(key);
    }

    @Override
    public void close() {
        arrays.close();
    }
}
