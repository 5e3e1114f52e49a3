package mixgrpo.exporter.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;

/**
 * A message in Protocol Buffers' wire format, read field by field from memory that is not copied: {@link #next} moves to a field, and one
 * call takes its value. What is not taken is passed over. Nothing in it is trusted.
 */
final class ProtobufReader {

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;
    private static final int LONGEST_TEXT = 1 << 20;

    private final ByteBuffer in;
    private final long start;
    private int field;
    private int wireType;
    private boolean pending;

    /** @param message all of it, from its position to its limit */
    ProtobufReader(ByteBuffer message) {
        this(message, 0);
    }

    private ProtobufReader(ByteBuffer message, long start) {
        in = message.slice().order(ByteOrder.LITTLE_ENDIAN);
        this.start = start;
    }

    /** Moves to the next field; false at the end. */
    boolean next() throws IOException {
        if (pending) {
            skip();
        }
        if (!in.hasRemaining()) {
            return false;
        }
        long tag = varint();
        field = (int) (tag >>> 3);
        wireType = (int) (tag & 7);
        if (tag < 0 || tag >>> 3 == 0 || tag >>> 3 > 536_870_911) {
            throw broken("field number %d", tag >>> 3);
        }
        pending = true;
        return true;
    }

    int field() {
        return field;
    }

    long number() throws IOException {
        take(VARINT);
        return varint();
    }

    ProtobufReader message() throws IOException {
        long from = position();
        return new ProtobufReader(bytes(), from);
    }

    /** The bytes of the field, which stay where they are. */
    ByteBuffer bytes() throws IOException {
        take(BYTES);
        int length = length(varint());
        ByteBuffer value = in.slice(in.position(), length);
        in.position(in.position() + length);
        return value;
    }

    String text() throws IOException {
        ByteBuffer value = bytes();
        if (value.remaining() > LONGEST_TEXT) {
            throw broken("a text of %d bytes in field %d", value.remaining(), field);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(value)
                    .toString();
        } catch (CharacterCodingException e) {
            throw broken("a text in field %d that is not UTF-8", field);
        }
    }

    /** Numbers of a repeated field, which come one by one or together; each to {@code sink}. */
    void numbers(LongConsumer sink) throws IOException {
        if (wireType == VARINT) {
            sink.accept(number());
            return;
        }
        ProtobufReader packed = message();
        while (packed.in.hasRemaining()) {
            sink.accept(packed.varint());
        }
    }

    private void skip() throws IOException {
        switch (wireType) {
            case VARINT -> number();
            case BYTES -> bytes();
            case FIXED64 -> skip(Long.BYTES);
            case FIXED32 -> skip(Integer.BYTES);
            default -> throw broken("wire type %d of field %d", wireType, field);
        }
    }

    private void skip(int count) throws IOException {
        in.position(in.position() + length(count));
        pending = false;
    }

    private void take(int expected) throws IOException {
        if (!pending || wireType != expected) {
            throw broken("wire type %d of field %d, expected %d", wireType, field, expected);
        }
        pending = false;
    }

    private int length(long length) throws IOException {
        if (length < 0 || length > in.remaining()) {
            throw broken("%s bytes in field %d, %d are left", Long.toUnsignedString(length), field, in.remaining());
        }
        return (int) length;
    }

    private long varint() throws IOException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (!in.hasRemaining()) {
                throw broken("a number that goes on behind the end");
            }
            byte part = in.get();
            value |= (long) (part & 0x7F) << shift;
            if (part >= 0) {
                return value;
            }
        }
        throw broken("a number of more than ten bytes");
    }

    private long position() {
        return start + in.position();
    }

    private IOException broken(String what, Object... arguments) {
        return new IOException("at byte %d: %s".formatted(position(), what.formatted(arguments)));
    }
}
