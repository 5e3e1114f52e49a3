package mixgrpo.models.weights;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
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

    /** Converts all remaining elements of {@code source} to float32; whole numbers and doubles are rounded to the nearest. */
    void toFloats(ByteBuffer source, FloatBuffer target) {
        switch (this) {
            case F32 -> target.put(source.asFloatBuffer());
            case F64 -> {
                while (source.hasRemaining()) {
                    target.put((float) source.getDouble());
                }
            }
            case F16 -> {
                while (source.hasRemaining()) {
                    target.put(HalfFloats.fromF16(source.getShort()));
                }
            }
            case BF16 -> {
                while (source.hasRemaining()) {
                    target.put(HalfFloats.fromBf16(source.getShort()));
                }
            }
            default -> {
                while (source.hasRemaining()) {
                    target.put(nextLong(source));
                }
            }
        }
    }

    /** Puts all remaining elements of {@code source}, whole numbers, into {@code target}. */
    void toLongs(ByteBuffer source, LongBuffer target) {
        while (source.hasRemaining()) {
            target.put(nextLong(source));
        }
    }

    private long nextLong(ByteBuffer source) {
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

    /**
     * Appends float32 values in this format, one of F32, F16 and BF16.
     *
     * @return the first finite value that only infinity is near enough to in this format, or 0 if all fit
     */
    float fromFloats(FloatBuffer source, ByteBuffer target) {
        float lost = 0;
        while (source.hasRemaining()) {
            float value = source.get();
            switch (this) {
                case F32 -> target.putFloat(value);
                case F16 -> target.putShort(HalfFloats.toF16(value));
                case BF16 -> target.putShort(HalfFloats.toBf16(value));
                default -> throw new IllegalStateException("floats are not written as " + this);
            }
            if (lost == 0 && Math.abs(value) > largest() && Float.isFinite(value)) {
                lost = value;
            }
        }
        return lost;
    }

    /** The largest float32 that is rounded to a finite value. */
    private float largest() {
        return switch (this) {
            case F16 -> Math.nextDown(65520f);
            case BF16 -> Float.intBitsToFloat(0x7f7f7fff);
            default -> Float.MAX_VALUE;
        };
    }
}
