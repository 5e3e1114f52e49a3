package mixgrpo.runtime.engine;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Small ONNX models written as protobuf bytes, field by field (numbers as in onnx.proto), opset 18. */
final class OnnxBytes {

    static final int FLOAT = 1;
    static final int INT64 = 7;
    static final int DOUBLE = 11;

    private final Message graph = new Message().text(2, "test");
    private final Map<String, long[]> parameters = new LinkedHashMap<>();

    /** An input; numbers of {@code axes} are Integer, symbols String. */
    OnnxBytes input(String name, int type, Object... axes) {
        graph.message(11, value(name, type, axes));
        return this;
    }

    OnnxBytes output(String name, int type, Object... axes) {
        graph.message(12, value(name, type, axes));
        return this;
    }

    OnnxBytes node(String op, String output, String... inputs) {
        Message node = new Message();
        for (String input : inputs) {
            node.text(1, input);
        }
        graph.message(1, node.text(2, output).text(4, op));
        return this;
    }

    /** A float32 initializer that lies outside, under its key. */
    OnnxBytes parameter(String key, long... shape) {
        Message tensor = new Message();
        for (long extent : shape) {
            tensor.number(1, extent);
        }
        tensor.number(2, FLOAT).text(8, key);
        tensor.message(13, new Message().text(1, "location").text(2, "outside"));
        graph.message(5, tensor.number(14, 1));
        parameters.put(key, shape);
        return this;
    }

    byte[] model() {
        return new Message()
                .number(1, 8)
                .message(7, graph)
                .message(8, new Message().text(1, "").number(2, 18))
                .bytes();
    }

    Map<String, long[]> parameters() {
        return parameters;
    }

    private static Message value(String name, int type, Object... axes) {
        Message shape = new Message();
        for (Object axis : axes) {
            Message dimension = new Message();
            shape.message(1, axis instanceof Integer n ? dimension.number(1, n) : dimension.text(2, (String) axis));
        }
        Message tensor = new Message().number(1, type).message(2, shape);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    private static final class Message {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Message text(int field, String value) {
            return delimited(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return delimited(field, value.bytes());
        }

        byte[] bytes() {
            return out.toByteArray();
        }

        private Message delimited(int field, byte[] value) {
            varint((long) field << 3 | 2);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                out.write((int) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }
    }
}
