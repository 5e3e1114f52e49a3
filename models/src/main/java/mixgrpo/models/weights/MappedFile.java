package mixgrpo.models.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole file mapped read-only, in windows because one buffer spans 2 GB at most. Each window reaches a few bytes into
 * the next, so an element that starts in a window can be read from it whatever its alignment. Mapped pages belong to
 * the system's cache: they cost no memory of the process, and the mapping outlives the channel. The system takes it
 * back when the windows are collected.
 */
final class MappedFile {

    static final int WINDOW = 1 << 30;

    private static final int OVERLAP = Long.BYTES;

    private final List<ByteBuffer> windows = new ArrayList<>();
    private final int window;

    MappedFile(FileChannel channel, int window) throws IOException {
        this.window = window;
        long size = channel.size();
        for (long start = 0; start < size; start += window) {
            windows.add(
                    channel.map(FileChannel.MapMode.READ_ONLY, start, Math.min(size - start, (long) window + OVERLAP)));
        }
    }

    /**
     * The bytes from {@code position} to the end of its window, little-endian; at least 8 unless the file ends before.
     */
    ByteBuffer from(long position) {
        int within = (int) (position % window);
        ByteBuffer bytes = windows.get((int) (position / window));
        return bytes.slice(within, bytes.limit() - within).order(ByteOrder.LITTLE_ENDIAN);
    }
}
