package mixgrpo.models.weights;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Pickle protocol 2, operation by operation. */
final class Pickle {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Pickle() {
        op(0x80).op(2);
    }

    Pickle op(int operation) {
        bytes.write(operation);
        return this;
    }

    Pickle ops(String operations) {
        bytes.writeBytes(operations.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    Pickle text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        op('X').int32(utf8.length).bytes.writeBytes(utf8);
        return this;
    }

    Pickle number(int number) {
        return op('J').int32(number);
    }

    Pickle global(String module, String name) {
        return ops("c" + module + "\n" + name + "\n");
    }

    Pickle int32(int number) {
        bytes.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(number)
                .array());
        return this;
    }

    private Pickle tuple(int... numbers) {
        op('(');
        for (int number : numbers) {
            number(number);
        }
        return op('t');
    }

    Pickle storage(String dtype, String key, int elements) {
        return op('(').text("storage")
                .global("torch", dtype)
                .text(key)
                .text("cpu")
                .number(elements)
                .ops("tQ");
    }

    Pickle tensor(String storage, String key, int elements, int offset, int[] shape, int[] strides) {
        return global("torch._utils", "_rebuild_tensor_v2")
                .op('(')
                .storage(storage, key, elements)
                .number(offset)
                .tuple(shape)
                .tuple(strides)
                .op(0x89)
                .global("collections", "OrderedDict")
                .ops(")RtR");
    }

    byte[] done() {
        return op('.').bytes.toByteArray();
    }
}
