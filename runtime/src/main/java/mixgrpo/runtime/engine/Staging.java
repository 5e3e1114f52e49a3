package mixgrpo.runtime.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Direct memory on the way of weights into a session. It is reused from load to load, because the collector frees direct
 * memory late and a sync after every iteration would pile it up.
 */
final class Staging {

    private static final int CHUNK_BYTES = 64 << 20;
    private static final int KEPT_CHUNKS = 4;

    private final List<ByteBuffer> chunks = new ArrayList<>();
    private int current;

    /** Memory for {@code elements} floats, the caller's until {@link #reset()}. */
    FloatBuffer take(long elements) {
        int bytes = Math.toIntExact(Math.multiplyExact(elements, Float.BYTES));
        while (current < chunks.size() && chunks.get(current).remaining() < bytes) {
            current++;
        }
        if (current == chunks.size()) {
            chunks.add(ByteBuffer.allocateDirect(Math.max(bytes, CHUNK_BYTES)).order(ByteOrder.nativeOrder()));
        }
        ByteBuffer chunk = chunks.get(current);
        FloatBuffer taken = chunk.slice(chunk.position(), bytes)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        chunk.position(chunk.position() + bytes);
        return taken;
    }

    /** Takes everything back; of a very large load only a part is kept for the next one. */
    void reset() {
        boolean large = chunks.size() > KEPT_CHUNKS;
        while (chunks.size() > KEPT_CHUNKS) {
            chunks.remove(chunks.size() - 1);
        }
        if (large) {
            System.gc(); // nothing else frees direct memory before its limit is reached, and the next load may need it
        }
        chunks.forEach(ByteBuffer::clear);
        current = 0;
    }
}
