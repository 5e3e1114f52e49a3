package mixgrpo.models.weights;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;

/** How the elements of an array lie in a file, by the names of the safetensors format; always little-endian. */
public enum Dtype {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    I64(8),
    I32(4),
    I16(2),
    I8(1),
    U8(1),
    BOOL(1);

    private final int bytes;

    Dtype(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    public boolean isFloat() {
        return ordinal() <= BF16.ordinal();
    }

    /** Puts all remaining elements of {@code source}, whole numbers, into {@code target}. */
    void toLongs(ByteBuffer source, LongBuffer target) {
        while (source.hasRemaining()) {
            target.put(nextLong(source));
        }
    }

    /** The next element of {@code source}, a whole number. */
    long nextLong(ByteBuffer source) {
        return switch (this) {
            case I64 -> source.getLong();
            case I32 -> source.getInt();
            case I16 -> source.getShort();
            case I8 -> source.get();
            case U8 -> source.get() & 0xff;
            case BOOL -> source.get() == 0 ? 0 : 1;
            case F64, F32, F16, BF16 -> throw new IllegalStateException(this + " holds no whole numbers");
        };
    }
}
