package mixgrpo.runtime.tensorrt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import mixgrpo.models.weights.ArrayOutput;
import mixgrpo.models.weights.Weights;
import mixgrpo.runtime.engine.ScratchFolder;

/**
 * The weights of the moment as a graph stores them, in a file that is mapped into memory: the process that builds a plan reads it, a plan that is
 * loaded gets its weights from it, and new ones are compared with it, so that only those that changed are sent. The file is deleted at the end; what a
 * process left that ended in another way is deleted by the next.
 */
final class StoredWeights implements AutoCloseable {

    private static final String FILE = "weights.bin";
    private static final long PAGE = 4096;

    private final ScratchFolder folder;
    private final Path file;
    private final Map<String, PlanGraph.Stored> kinds;
    private final Map<String, Long> offsets = new LinkedHashMap<>();
    private final Map<String, MappedByteBuffer> values = new LinkedHashMap<>();

    /**
     * @param cache where the file shall lie, in a folder of its own; made if it is not there
     * @param weights copied; has these keys in these shapes
     * @throws IllegalArgumentException if one does not fit its type; names it
     */
    StoredWeights(Path cache, Map<String, PlanGraph.Stored> kinds, Weights weights) throws IOException {
        this.kinds = kinds;
        folder = ScratchFolder.in(cache);
        file = folder.path().resolve(FILE);
        long offset = 0;
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (Map.Entry<String, PlanGraph.Stored> entry : kinds.entrySet()) {
                long bytes = entry.getValue().bytes();
                if (bytes > Integer.MAX_VALUE) {
                    throw new IllegalArgumentException(
                            "weight '%s': expected less than 2 GiB, got %d bytes".formatted(entry.getKey(), bytes));
                }
                MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, offset, bytes);
                mapped.order(ByteOrder.nativeOrder());
                offsets.put(entry.getKey(), offset);
                values.put(entry.getKey(), mapped);
                offset = (offset + bytes + PAGE - 1) / PAGE * PAGE;
            }
            replace(weights);
        } catch (IOException | RuntimeException | Error e) {
            folder.close();
            throw e;
        }
    }

    Path file() {
        return file;
    }

    /** Where each begins in the file. */
    Map<String, Long> offsets() {
        return offsets;
    }

    /** All bytes of one; they change with the next {@link #replace}. */
    ByteBuffer values(String key) {
        return values.get(key).duplicate().order(ByteOrder.nativeOrder());
    }

    PlanGraph.Stored kind(String key) {
        return kinds.get(key);
    }

    Set<String> keys() {
        return kinds.keySet();
    }

    /**
     * Takes new values of all.
     *
     * @return keys whose values changed
     * @throws IllegalArgumentException if a value does not fit its type; those before it are replaced then
     */
    Set<String> replace(Weights weights) {
        Set<String> changed = new LinkedHashSet<>();
        for (Map.Entry<String, PlanGraph.Stored> entry : kinds.entrySet()) {
            String key = entry.getKey();
            ByteBuffer target = values(key);
            ArrayOutput output = new ArrayOutput(piece -> {
                if (overwrite(target, piece)) {
                    changed.add(key);
                }
            });
            try {
                output.array(key, weights, entry.getValue().dtype());
                output.flush();
            } catch (IOException e) {
                throw new UncheckedIOException("memory does not fail", e);
            }
        }
        return changed;
    }

    /** Puts a piece at the target's position; whether that changed something. */
    private static boolean overwrite(ByteBuffer target, ByteBuffer piece) {
        ByteBuffer old = target.slice(target.position(), piece.remaining());
        if (old.equals(piece)) {
            target.position(target.position() + piece.remaining());
            piece.position(piece.limit());
            return false;
        }
        target.put(piece);
        return true;
    }

    /** Deletes the file. Its memory goes back to the system when the collector finds the buffers. */
    @Override
    public void close() {
        try {
            folder.close();
        } catch (IOException e) {
            throw new UncheckedIOException("%s cannot be deleted".formatted(file), e);
        }
    }
}
