package mixgrpo.exporter.onnx;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import mixgrpo.models.weights.Dtype;

/** What the elements of a value are ({@code TensorProto.DataType}). */
public enum ElementType {
    FLOAT(1, 32),
    UINT8(2, 8),
    INT8(3, 8),
    UINT16(4, 16),
    INT16(5, 16),
    INT32(6, 32),
    INT64(7, 64),
    STRING(8, 0),
    BOOL(9, 8),
    FLOAT16(10, 16),
    DOUBLE(11, 64),
    UINT32(12, 32),
    UINT64(13, 64),
    COMPLEX64(14, 64),
    COMPLEX128(15, 128),
    BFLOAT16(16, 16),
    FLOAT8E4M3FN(17, 8),
    FLOAT8E4M3FNUZ(18, 8),
    FLOAT8E5M2(19, 8),
    FLOAT8E5M2FNUZ(20, 8),
    UINT4(21, 4),
    INT4(22, 4),
    FLOAT4E2M1(23, 4);

    private final int code;
    private final int bits;

    ElementType(int code, int bits) {
        this.code = code;
        this.bits = bits;
    }

    /** Its number in the format. */
    int code() {
        return code;
    }

    static Optional<ElementType> of(long code) {
        return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
    }

    /** Bytes of so many elements; 0 for strings, whose length is not known. */
    public long bytes(long elements) {
        return (Math.addExact(Math.multiplyExact(elements, bits), Byte.SIZE - 1)) / Byte.SIZE;
    }

    /** How weights of this type lie in files: FLOAT, FLOAT16 and BFLOAT16 only. */
    public Dtype dtype() {
        return switch (this) {
            case FLOAT -> Dtype.F32;
            case FLOAT16 -> Dtype.F16;
            case BFLOAT16 -> Dtype.BF16;
            default -> throw new IllegalStateException("weights are not stored as " + this);
        };
    }

    /** The type of what lies in files as {@code dtype}, if weights of a graph may be so. */
    static Optional<ElementType> of(Dtype dtype) {
        return switch (dtype) {
            case F32 -> Optional.of(FLOAT);
            case F16 -> Optional.of(FLOAT16);
            case BF16 -> Optional.of(BFLOAT16);
            default -> Optional.empty();
        };
    }

    /** As ONNX's texts have it: {@code float16}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
