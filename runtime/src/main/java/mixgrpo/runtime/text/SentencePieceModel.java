package mixgrpo.runtime.text;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@code spiece.model}: the parts of sentencepiece's {@code ModelProto} (sentencepiece_model.proto) that ids depend on.
 *
 * @param normaliser the compiled map of the normaliser, empty without one
 */
record SentencePieceModel(List<Piece> pieces, byte[] normaliser) {

    private static final long MAX_BYTES = 64 << 20;
    private static final int UNIGRAM = 1;

    /** A piece of text and its log-probability; ids are places in the list. */
    record Piece(String text, float score, Kind kind) {}

    /** In the numbers' order, from 1 on. */
    enum Kind {
        NORMAL,
        UNKNOWN,
        CONTROL,
        USER_DEFINED,
        UNUSED,
        BYTE
    }

    /** @throws IOException if it is no such file, or its pieces are not of the unigram kind */
    static SentencePieceModel read(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException("%s: %d bytes, expected at most %d of a sentencepiece model"
                    .formatted(file, Files.size(file), MAX_BYTES));
        }
        try {
            SentencePieceModel model = read(Message.of(Files.readAllBytes(file)));
            if (model.pieces().isEmpty()) {
                throw new IllegalArgumentException("it holds no pieces");
            }
            return model;
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new IOException(
                    "%s: not a sentencepiece model of the unigram kind%s; is the download complete?"
                            .formatted(file, e.getMessage() == null ? "" : ": " + e.getMessage()),
                    e);
        }
    }

    private static SentencePieceModel read(Message model) {
        List<Piece> pieces = new ArrayList<>();
        byte[] normaliser = {};
        while (model.next()) {
            switch (model.field()) {
                case 1 -> pieces.add(piece(model.message()));
                case 2 -> checkKind(model.message());
                case 3 -> normaliser = normaliser(model.message());
                default -> model.skip();
            }
        }
        return new SentencePieceModel(pieces, normaliser);
    }

    private static Piece piece(Message piece) {
        String text = "";
        float score = 0;
        long kind = 1;
        while (piece.next()) {
            switch (piece.field()) {
                case 1 -> text = new String(piece.bytes(), StandardCharsets.UTF_8);
                case 2 -> score = piece.float32();
                case 3 -> kind = piece.number();
                default -> piece.skip();
            }
        }
        if (kind < 1 || kind > Kind.values().length) {
            throw new IllegalArgumentException("piece '%s' is of an unknown kind %d".formatted(text, kind));
        }
        return new Piece(text, score, Kind.values()[(int) kind - 1]);
    }

    private static void checkKind(Message trainer) {
        while (trainer.next()) {
            if (trainer.field() == 3) {
                long kind = trainer.number();
                if (kind != UNIGRAM) {
                    throw new IllegalArgumentException("model_type: expected 1 (unigram), got " + kind);
                }
            } else {
                trainer.skip();
            }
        }
    }

    private static byte[] normaliser(Message spec) {
        byte[] map = {};
        while (spec.next()) {
            if (spec.field() == 2) {
                map = spec.bytes();
            } else {
                spec.skip();
            }
        }
        return map;
    }

    /** A message of protocol buffers, read field by field. */
    private static final class Message {
        private final ByteBuffer bytes;
        private int tag;

        private Message(ByteBuffer bytes) {
            this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
        }

        static Message of(byte[] bytes) {
            return new Message(ByteBuffer.wrap(bytes));
        }

        /** Whether there is another field; afterwards its value is to be read or skipped. */
        boolean next() {
            if (!bytes.hasRemaining()) {
                return false;
            }
            tag = (int) varint();
            return true;
        }

        int field() {
            return tag >>> 3;
        }

        long number() {
            expect(0);
            return varint();
        }

        float float32() {
            expect(5);
            return bytes.getFloat();
        }

        byte[] bytes() {
            byte[] value = new byte[length()];
            bytes.get(value);
            return value;
        }

        Message message() {
            int length = length();
            Message message = new Message(bytes.slice(bytes.position(), length));
            bytes.position(bytes.position() + length);
            return message;
        }

        void skip() {
            switch (tag & 7) {
                case 0 -> varint();
                case 1 -> bytes.getLong();
                case 2 -> message();
                case 5 -> bytes.getInt();
                default -> throw new IllegalArgumentException("field %d has wire type %d".formatted(field(), tag & 7));
            }
        }

        private int length() {
            expect(2);
            long length = varint();
            if (length < 0 || length > bytes.remaining()) {
                throw new IllegalArgumentException(
                        "field %d has %d bytes, %d are left".formatted(field(), length, bytes.remaining()));
            }
            return (int) length;
        }

        private void expect(int wireType) {
            if ((tag & 7) != wireType) {
                throw new IllegalArgumentException(
                        "field %d: expected wire type %d, got %d".formatted(field(), wireType, tag & 7));
            }
        }

        private long varint() {
            long value = 0;
            for (int shift = 0; shift < Long.SIZE; shift += 7) {
                byte next = bytes.get();
                value |= (long) (next & 0x7f) << shift;
                if (next >= 0) {
                    return value;
                }
            }
            throw new IllegalArgumentException("a number of more than 64 bits");
        }
    }
}
