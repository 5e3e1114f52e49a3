package mixgrpo.exporter.onnx;

import java.util.Arrays;
import java.util.Locale;

/** A setting of a node ({@code AttributeProto}). */
sealed interface Attribute {

    String name();

    Protobuf toProto();

    static Attribute of(String name, long value) {
        return new Whole(name, value);
    }

    static Attribute of(String name, long... values) {
        return new Wholes(name, values);
    }

    static Attribute of(String name, double value) {
        return new Real(name, (float) value);
    }

    static Attribute of(String name, String value) {
        return new Text(name, value);
    }

    /** An integer. */
    record Whole(String name, long value) implements Attribute {
        @Override
        public Protobuf toProto() {
            return new Protobuf().text(1, name).number(3, value).number(20, 2);
        }

        @Override
        public String toString() {
            return name + "=" + value;
        }
    }

    /** A list of integers. */
    record Wholes(String name, long[] values) implements Attribute {
        @Override
        public Protobuf toProto() {
            Protobuf proto = new Protobuf().text(1, name);
            for (long value : values) {
                proto.number(8, value);
            }
            return proto.number(20, 7);
        }

        @Override
        public String toString() {
            return name + "=" + Arrays.toString(values);
        }
    }

    /** A float32 number. */
    record Real(String name, float value) implements Attribute {
        @Override
        public Protobuf toProto() {
            return new Protobuf().text(1, name).real(2, value).number(20, 1);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%s=%s", name, value);
        }
    }

    /** A word. */
    record Text(String name, String value) implements Attribute {
        @Override
        public Protobuf toProto() {
            return new Protobuf().text(1, name).text(4, value).number(20, 3);
        }

        @Override
        public String toString() {
            return name + "=" + value;
        }
    }
}
