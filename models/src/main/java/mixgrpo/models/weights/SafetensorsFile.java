package mixgrpo.models.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A memory-mapped safetensors file of any size (format: github.com/huggingface/safetensors). Opening reads and checks the header; an array is
 * converted while it is copied from the mapping, so memory is what the caller asks for.
 */
public final class SafetensorsFile implements WeightsFile {

    private static final int PIECE = 1 << 16;

    private final Path path;
    private final SafetensorsHeader header;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();
    private final Map<String, Dtype> dtypes = new LinkedHashMap<>();
    private volatile MappedFile mapped;

    private SafetensorsFile(Path path, SafetensorsHeader header, MappedFile mapped) {
        this.path = path;
        this.header = header;
        this.mapped = mapped;
        header.entries().forEach((key, entry) -> {
            shapes.put(key, entry.shape());
            dtypes.put(key, entry.dtype());
        });
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
            return new SafetensorsFile(file, header, new MappedFile(channel, window));
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Map<String, long[]> shapes() {
        return Collections.unmodifiableMap(shapes);
    }

    @Override
    public Map<String, Dtype> dtypes() {
        return Collections.unmodifiableMap(dtypes);
    }

    @Override
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    @Override
    public void read(String key, FloatBuffer target) {
        SafetensorsHeader.Entry entry = entry(key);
        walk(entry, Integer.MAX_VALUE, bytes -> entry.dtype().toFloats(bytes, target));
    }

    @Override
    public void pieces(String key, Consumer<FloatBuffer> sink) {
        SafetensorsHeader.Entry entry = entry(key);
        FloatBuffer piece = FloatBuffer.allocate(PIECE);
        walk(entry, PIECE, bytes -> {
            entry.dtype().toFloats(bytes, piece.clear());
            sink.accept(piece.flip());
        });
    }

    @Override
    public long[] longs(String key) {
        SafetensorsHeader.Entry entry = entry(key);
        if (entry.dtype().isFloat()) {
            throw new IllegalArgumentException(
                    "array '%s' in %s: expected whole numbers, got %s".formatted(key, path, entry.dtype()));
        }
        LongBuffer values = LongBuffer.allocate(Math.toIntExact(entry.elements()));
        walk(entry, Integer.MAX_VALUE, bytes -> entry.dtype().toLongs(bytes, values));
        return values.array();
    }

    @Override
    public byte[] bytes(String key) {
        SafetensorsHeader.Entry entry = entry(key);
        if (entry.end() - entry.begin() > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("array '%s' in %s: %d bytes do not fit one Java array"
                    .formatted(key, path, entry.end() - entry.begin()));
        }
        ByteBuffer values = ByteBuffer.allocate((int) (entry.end() - entry.begin()));
        walk(entry, Integer.MAX_VALUE, values::put);
        return values.array();
    }

    @Override
    public void close() {
        mapped = null;
    }

    private SafetensorsHeader.Entry entry(String key) {
        SafetensorsHeader.Entry entry = header.entries().get(key);
        if (entry == null) {
            throw new IllegalArgumentException(
                    "no array '%s' in %s; there are %d others".formatted(key, path, shapes.size()));
        }
        return entry;
    }

    /** Hands over the bytes of an array in order, each time those of at most {@code most} whole elements. */
    private void walk(SafetensorsHeader.Entry entry, int most, Consumer<ByteBuffer> reader) {
        MappedFile file = mapped;
        if (file == null) {
            throw new IllegalStateException(path + " is closed");
        }
        int size = entry.dtype().bytes();
        for (long done = 0; done < entry.elements(); ) {
            ByteBuffer bytes = file.from(header.dataStart() + entry.begin() + done * size);
            int count = (int) Math.min(Math.min(bytes.remaining() / size, most), entry.elements() - done);
            reader.accept(bytes.limit(count * size));
            done += count;
        }
    }
}
